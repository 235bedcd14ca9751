import GraftKernels
import Testing

/// One convolution with its operands, and the naive sum in Double.
struct ConvolutionCase: CustomTestStringConvertible, Sendable {
  var geometry: ConvolutionGeometry
  let testDescription: String

  init(
    _ name: String, n: Int = 1, c: Int, o: Int, h: Int, w: Int, kernel: (Int, Int) = (3, 3),
    stride: (Int, Int) = (1, 1), pads: [Int] = [0, 0, 0, 0], dilation: (Int, Int) = (1, 1),
    groups: Int = 1
  ) {
    let height = (h + pads[0] + pads[2] - (kernel.0 - 1) * dilation.0 - 1) / stride.0 + 1
    let width = (w + pads[1] + pads[3] - (kernel.1 - 1) * dilation.1 - 1) / stride.1 + 1
    var window = WindowGeometry(
      inputHeight: h, inputWidth: w, outputHeight: height, outputWidth: width,
      kernelHeight: kernel.0, kernelWidth: kernel.1)
    (window.strideHeight, window.strideWidth) = stride
    (window.dilationHeight, window.dilationWidth) = dilation
    (window.padTop, window.padLeft, window.padBottom, window.padRight) =
      (pads[0], pads[1], pads[2], pads[3])
    geometry = ConvolutionGeometry(
      batch: n, inputChannels: c, outputChannels: o, groups: groups, window: window)
    testDescription = name
  }

  static let all = [
    ConvolutionCase("one of everything", c: 1, o: 1, h: 1, w: 1, kernel: (1, 1)),
    ConvolutionCase("pointwise", n: 2, c: 19, o: 35, h: 5, w: 7, kernel: (1, 1)),
    ConvolutionCase("pointwise, aligned", n: 3, c: 32, o: 64, h: 7, w: 7, kernel: (1, 1)),
    ConvolutionCase(
      "pointwise, strided", n: 2, c: 16, o: 16, h: 7, w: 6, kernel: (1, 1), stride: (2, 2)),
    ConvolutionCase("padded", n: 2, c: 20, o: 18, h: 6, w: 5, pads: [1, 1, 1, 1]),
    ConvolutionCase(
      "uneven pads", c: 16, o: 17, h: 5, w: 8, kernel: (3, 2), pads: [0, 1, 2, 3]),
    ConvolutionCase(
      "stride above kernel", n: 2, c: 17, o: 16, h: 11, w: 9, kernel: (2, 2), stride: (3, 4)),
    ConvolutionCase(
      "dilated", c: 18, o: 33, h: 9, w: 9, pads: [2, 2, 2, 2], dilation: (2, 3)),
    ConvolutionCase(
      "windows in padding only", c: 16, o: 5, h: 2, w: 2, pads: [4, 4, 4, 4]),
    ConvolutionCase(
      "photo stem", n: 2, c: 3, o: 24, h: 17, w: 15, kernel: (7, 7), stride: (2, 2),
      pads: [3, 3, 3, 3]),
    ConvolutionCase(
      "photo stem, uneven", c: 3, o: 7, h: 9, w: 10, kernel: (5, 4), stride: (3, 2),
      pads: [1, 0, 0, 2]),
    ConvolutionCase(
      "few channels, dilated", c: 3, o: 8, h: 9, w: 9, pads: [2, 2, 2, 2], dilation: (2, 2)),
    ConvolutionCase(
      "right columns unused", c: 4, o: 6, h: 8, w: 11, kernel: (2, 2), stride: (4, 4)),
    ConvolutionCase(
      "rows of few channels as they lie", n: 3, c: 20, o: 50, h: 12, w: 12, kernel: (5, 5)),
    ConvolutionCase(
      "rows of few channels, padded", n: 2, c: 20, o: 18, h: 7, w: 9, kernel: (3, 5),
      pads: [2, 2, 2, 2]),
    ConvolutionCase(
      "groups", n: 2, c: 24, o: 36, h: 6, w: 5, pads: [1, 1, 1, 1], groups: 3),
    ConvolutionCase("groups of few", c: 8, o: 12, h: 5, w: 5, pads: [1, 1, 1, 1], groups: 4),
    ConvolutionCase(
      "several blocks, strided", c: 17, o: 5, h: 131, w: 133, stride: (2, 2), pads: [1, 1, 1, 1]),
    ConvolutionCase(
      "several blocks, pointwise", c: 5, o: 4, h: 67, w: 65, kernel: (1, 1)),
    ConvolutionCase(
      "many channels", c: 1030, o: 20, h: 3, w: 3, kernel: (1, 1)),
    ConvolutionCase("deep", c: 300, o: 16, h: 4, w: 4, pads: [1, 1, 1, 1]),
    ConvolutionCase(
      "many taps", c: 16, o: 16, h: 13, w: 13, kernel: (7, 7), pads: [3, 3, 3, 3]),
    ConvolutionCase("many pixels", n: 2, c: 16, o: 48, h: 19, w: 23, pads: [1, 1, 1, 1]),
    ConvolutionCase(
      "depthwise", n: 2, c: 37, o: 37, h: 7, w: 13, pads: [1, 1, 1, 1], groups: 37),
    ConvolutionCase(
      "depthwise, strided", c: 16, o: 16, h: 9, w: 12, stride: (2, 2), pads: [0, 1, 1, 0],
      groups: 16),
    ConvolutionCase(
      "depthwise, dilated", c: 18, o: 18, h: 9, w: 12, kernel: (5, 3), pads: [4, 2, 4, 2],
      dilation: (2, 2), groups: 18),
    ConvolutionCase(
      "depthwise, multiplied", n: 2, c: 5, o: 15, h: 6, w: 5, pads: [1, 1, 1, 1], groups: 5),
  ]

  /// Whose gradient by X is added up from products.
  static let scattered = [
    ConvolutionCase("LeNet's second", n: 9, c: 20, o: 50, h: 12, w: 12, kernel: (5, 5)),
    ConvolutionCase(
      "taps outside", n: 8, c: 5, o: 33, h: 4, w: 3, kernel: (5, 5), pads: [2, 2, 2, 2]),
    ConvolutionCase(
      "strided", n: 33, c: 3, o: 20, h: 9, w: 10, kernel: (5, 4), stride: (2, 3),
      pads: [1, 0, 2, 2]),
    ConvolutionCase(
      "dilated", n: 8, c: 7, o: 9, h: 12, w: 11, kernel: (3, 2), pads: [1, 1, 0, 3],
      dilation: (2, 3)),
    ConvolutionCase("deep", n: 8, c: 2, o: 600, h: 3, w: 4, kernel: (2, 2)),
    ConvolutionCase(
      "several blocks", n: 8, c: 17, o: 12, h: 21, w: 23, kernel: (9, 9), stride: (2, 2)),
  ]

  static let winograd = [
    ConvolutionCase("smallest", c: 8, o: 8, h: 1, w: 1, pads: [1, 1, 1, 1]),
    ConvolutionCase("whole tiles", n: 2, c: 16, o: 32, h: 8, w: 12, pads: [1, 1, 1, 1]),
    ConvolutionCase("ragged", n: 3, c: 24, o: 40, h: 7, w: 9, pads: [1, 1, 1, 1]),
    ConvolutionCase("unpadded", c: 8, o: 24, h: 6, w: 7),
    ConvolutionCase("uneven pads", c: 16, o: 16, h: 5, w: 6, pads: [0, 2, 1, 0]),
    ConvolutionCase("deep", c: 808, o: 16, h: 5, w: 5, pads: [1, 1, 1, 1]),
    ConvolutionCase("wide", n: 2, c: 8, o: 200, h: 5, w: 6, pads: [1, 1, 1, 1]),
    ConvolutionCase("several blocks", c: 8, o: 8, h: 113, w: 111, pads: [1, 1, 1, 1]),
  ]

  static let winogradOfFive = [
    ConvolutionCase("smallest", c: 8, o: 8, h: 1, w: 1, kernel: (5, 5), pads: [2, 2, 2, 2]),
    ConvolutionCase(
      "whole tiles", n: 2, c: 16, o: 32, h: 8, w: 6, kernel: (5, 5), pads: [2, 2, 2, 2]),
    ConvolutionCase("ragged", n: 3, c: 24, o: 40, h: 7, w: 9, kernel: (5, 5), pads: [2, 2, 2, 2]),
    ConvolutionCase("unpadded", c: 8, o: 24, h: 8, w: 7, kernel: (5, 5)),
    ConvolutionCase("uneven pads", c: 16, o: 16, h: 5, w: 6, kernel: (5, 5), pads: [0, 4, 3, 1]),
    ConvolutionCase("deep", c: 408, o: 16, h: 5, w: 5, kernel: (5, 5), pads: [2, 2, 2, 2]),
    ConvolutionCase(
      "several blocks", c: 8, o: 8, h: 63, w: 59, kernel: (5, 5), pads: [2, 2, 2, 2]),
  ]

  var x: [Float] { numbers(geometry.inputCount, seed: 1) }
  var weights: [Float] { numbers(geometry.weightCount, seed: 2) }
  var bias: [Float] { numbers(geometry.outputChannels, seed: 3) }
  var residual: [Float] { numbers(geometry.outputCount, seed: 4) }
  var outputGradient: [Float] { numbers(geometry.outputCount, seed: 5) }

  /// Every product of the convolution, as indices into X, W and Y.
  func forEachProduct(
    every step: Int = 1, _ body: (_ x: Int, _ w: Int, _ y: Int) -> Void
  ) {
    let (g, window) = (geometry, geometry.window)
    for y in stride(from: 0, to: g.outputCount, by: step) {
      let (pixel, o) = y.quotientAndRemainder(dividingBy: g.outputChannels)
      let (row, ox) = pixel.quotientAndRemainder(dividingBy: window.outputWidth)
      let (image, oy) = row.quotientAndRemainder(dividingBy: window.outputHeight)
      let firstChannel = o / g.outputsPerGroup * g.channelsPerGroup
      for i in 0..<window.kernelHeight {
        let iy = oy * window.strideHeight - window.padTop + i * window.dilationHeight
        guard iy >= 0, iy < window.inputHeight else { continue }
        for j in 0..<window.kernelWidth {
          let ix = ox * window.strideWidth - window.padLeft + j * window.dilationWidth
          guard ix >= 0, ix < window.inputWidth else { continue }
          let place = (image * window.inputHeight + iy) * window.inputWidth + ix
          for c in 0..<g.channelsPerGroup {
            body(
              place * g.inputChannels + firstChannel + c,
              (o * g.channelsPerGroup + c) * window.taps + i * window.kernelWidth + j, y)
          }
        }
      }
    }
  }

  /// `X ⋆ W + bias + residual` of every `step`-th element.
  func exact(bias: [Float]? = nil, residual: [Float]? = nil, every step: Int = 1) -> [Exact] {
    var exact = [Exact](repeating: Exact(), count: geometry.outputCount)
    for index in exact.indices {
      if let bias { exact[index].add(Double(bias[index % geometry.outputChannels])) }
      if let residual { exact[index].add(Double(residual[index])) }
    }
    let (x, w) = (x, weights)
    forEachProduct(every: step) { exact[$2].add(Double(x[$0]) * Double(w[$1])) }
    return exact
  }

  /// What the kernel computes; memory is poisoned so that what it forgets shows.
  func convolve(
    bias: [Float]? = nil, residual: [Float]? = nil, limits: Limits = .none,
    winograd side: WinogradSide? = nil
  ) -> [Float] {
    let g = geometry
    var packed = [Float](
      repeating: .nan,
      count: side.map { Kernels.packedWinogradFloats(g, $0) } ?? Kernels.packedConvolutionFloats(g))
    var scratch = [Float](
      repeating: .nan,
      count: side.map { Kernels.winogradScratchFloats(g, $0) }
        ?? Kernels.convolutionScratchFloats(g))
    var y = [Float](repeating: .nan, count: g.outputCount)
    withOptionalPointer(bias) { bias in
      withOptionalPointer(residual) { residual in
        if let side {
          Kernels.packWinograd(weights, &packed, g, side)
          Kernels.convolveWinograd(
            x, packed: packed, bias: bias, residual: residual, limits: limits, &y, g, side,
            scratch: &scratch)
        } else {
          Kernels.packConvolution(weights, &packed, g)
          Kernels.convolve(
            x, packed: packed, bias: bias, residual: residual, limits: limits, &y, g,
            scratch: &scratch)
        }
      }
    }
    return y
  }

  private func withOptionalPointer<R>(
    _ array: [Float]?, _ body: (UnsafePointer<Float>?) -> R
  ) -> R {
    guard let array else { return body(nil) }
    return array.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}

extension KernelTests {
  @Suite struct Direct {
    @Test(arguments: KernelTests.paths, ConvolutionCase.all)
    func equalsTheNaiveSum(path: Path, example: ConvolutionCase) {
      KernelTests.with(path) {
        #expect(worstError(example.convolve(), example.exact()) < 1e-6)
        let (bias, residual) = (example.bias, example.residual)
        let y = example.convolve(bias: bias, residual: residual)
        #expect(worstError(y, example.exact(bias: bias, residual: residual)) < 1e-6)
      }
    }

    @Test(arguments: KernelTests.paths, ConvolutionCase.all)
    func limitsWhatItWrites(path: Path, example: ConvolutionCase) {
      KernelTests.with(path) {
        let plain = example.convolve(bias: example.bias)
        let relu = example.convolve(bias: example.bias, limits: .relu)
        #expect(relu == plain.map { max($0, 0) })
        let clipped = example.convolve(bias: example.bias, limits: Limits(low: -0.5, high: 0.25))
        #expect(clipped == plain.map { min(max($0, -0.5), 0.25) })
      }
    }

    @Test(arguments: KernelTests.paths, ConvolutionCase.all)
    func doesNotDependOnTheThreads(path: Path, example: ConvolutionCase) {
      KernelTests.with(path) {
        let results = KernelTests.withThreads { example.convolve(bias: example.bias) }
        #expect(results[0] == results[1])
        #expect(results[0] == results[2])
      }
    }

    @Test(arguments: KernelTests.paths)
    func passesNaNThrough(path: Path) {
      let bias: [Float] = [.nan, 1, -1]
      let example = ConvolutionCase("NaN", c: 16, o: 3, h: 2, w: 2, kernel: (1, 1))
      let y = KernelTests.with(path) { example.convolve(bias: bias, limits: .relu) }
      #expect(y[0].isNaN && y[3].isNaN)
      #expect(!y[1].isNaN && !y[2].isNaN)
    }
  }

  @Suite struct Winograd {
    @Test(arguments: KernelTests.paths, ConvolutionCase.winograd)
    func isCloseToTheNaiveSum(path: Path, example: ConvolutionCase) {
      // Rounding about ten times that of the plain sum; largest seen 1.4e-6.
      check(.four, path, example, limit: 5e-6)
    }

    @Test(arguments: KernelTests.paths, ConvolutionCase.winogradOfFive)
    func isCloseForKernelsOfFive(path: Path, example: ConvolutionCase) {
      check(.two, path, example, limit: 5e-6)
    }

    @Test(arguments: KernelTests.paths, ConvolutionCase.winograd)
    func isCloserInSmallTiles(path: Path, example: ConvolutionCase) {
      check(.two, path, example, limit: 1e-6)
    }

    private func check(
      _ side: WinogradSide, _ path: Path, _ example: ConvolutionCase, limit: Double
    ) {
      KernelTests.with(path) {
        let (bias, residual) = (example.bias, example.residual)
        let y = example.convolve(bias: bias, residual: residual, winograd: side)
        // Every element of a large case would take the debug build long.
        let step = max(1, example.geometry.outputCount / 4000) | 1
        let exact = example.exact(bias: bias, residual: residual, every: step)
        let chosen = stride(from: 0, to: y.count, by: step)
        #expect(worstError(chosen.map { y[$0] }, chosen.map { exact[$0] }) < limit)
        let relu = example.convolve(
          bias: bias, residual: residual, limits: .relu, winograd: side)
        #expect(relu == y.map { max($0, 0) })
      }
    }

    @Test(arguments: KernelTests.paths, ConvolutionCase.winograd + ConvolutionCase.winogradOfFive)
    func doesNotDependOnTheThreads(path: Path, example: ConvolutionCase) {
      KernelTests.with(path) {
        for side in Set([WinogradSide.two, example.geometry.largestWinogradSide]) {
          let results = KernelTests.withThreads { example.convolve(winograd: side) }
          #expect(results[0] == results[1])
          #expect(results[0] == results[2])
        }
      }
    }

    @Test func isRefusedWhereItDoesNotFit() {
      let no = [
        ConvolutionCase("1×1", c: 8, o: 8, h: 4, w: 4, kernel: (1, 1)),
        ConvolutionCase("3×5", c: 8, o: 8, h: 6, w: 6, kernel: (3, 5)),
        ConvolutionCase("4×4", c: 8, o: 8, h: 6, w: 6, kernel: (4, 4)),
        ConvolutionCase("7×7", c: 8, o: 8, h: 8, w: 8, kernel: (7, 7)),
        ConvolutionCase("stride", c: 8, o: 8, h: 4, w: 4, stride: (1, 2)),
        ConvolutionCase("dilation", c: 8, o: 8, h: 8, w: 8, dilation: (2, 1)),
        ConvolutionCase("groups", c: 16, o: 16, h: 4, w: 4, groups: 2),
        ConvolutionCase("channels", c: 12, o: 8, h: 4, w: 4),
        ConvolutionCase("outputs", c: 8, o: 12, h: 4, w: 4),
      ]
      for example in no { #expect(!Kernels.canWinograd(example.geometry), "\(example)") }
    }
  }

  @Suite struct Gradients {
    @Test(arguments: KernelTests.paths, ConvolutionCase.all)
    func addWhatTheNaiveSumsSay(path: Path, example: ConvolutionCase) {
      KernelTests.with(path) { check(example, usesWinograd: false, limit: 1e-6) }
    }

    @Test(arguments: KernelTests.paths, ConvolutionCase.scattered)
    func addUpProducts(path: Path, example: ConvolutionCase) {
      #expect(example.geometry.scattersInputGradient)
      KernelTests.with(path) { check(example, usesWinograd: false, limit: 1e-6) }
    }

    /// Rounding about ten times that of the plain sum, as forward.
    @Test(arguments: KernelTests.paths, ConvolutionCase.winograd + ConvolutionCase.winogradOfFive)
    func addByWinogradToo(path: Path, example: ConvolutionCase) {
      KernelTests.with(path) { check(example, usesWinograd: true, limit: 5e-6) }
    }

    private func check(_ example: ConvolutionCase, usesWinograd: Bool, limit: Double) {
      let g = example.geometry
      let (x, w, dy) = (example.x, example.weights, example.outputGradient)
      var dx = numbers(g.inputCount, seed: 6)
      var dw = numbers(g.weightCount, seed: 7)
      var db = numbers(g.outputChannels, seed: 8)
      var exactX = dx.map { Exact(value: Double($0), size: Double(abs($0))) }
      var exactW = dw.map { Exact(value: Double($0), size: Double(abs($0))) }
      var exactB = db.map { Exact(value: Double($0), size: Double(abs($0))) }
      example.forEachProduct { atX, atW, atY in
        exactX[atX].add(Double(dy[atY]) * Double(w[atW]))
        exactW[atW].add(Double(dy[atY]) * Double(x[atX]))
      }
      for (index, value) in dy.enumerated() { exactB[index % g.outputChannels].add(Double(value)) }

      var scratch = [Float](
        repeating: .nan,
        count: Kernels.convolutionGradientScratchFloats(g, usesWinograd: usesWinograd))
      Kernels.addConvolutionInputGradient(
        dy, weights: w, &dx, g, scratch: &scratch, usesWinograd: usesWinograd)
      Kernels.addConvolutionWeightGradient(
        x, dy, &dw, g, scratch: &scratch, usesWinograd: usesWinograd)
      Kernels.addColumnSums(dy, &db, rows: g.outputPixels, columns: g.outputChannels)
      #expect(worstError(dx, exactX) < limit)
      var begun = [Float](repeating: .nan, count: g.inputCount)
      Kernels.addConvolutionInputGradient(
        dy, weights: w, &begun, g, scratch: &scratch, usesWinograd: usesWinograd, begins: true)
      let start = numbers(g.inputCount, seed: 6)
      #expect(worstError(zip(begun, start).map { $0 + $1 }, exactX) < limit)
      // A tap that sees only padding has next to no size of its own, but the rounding of its tile.
      let sizes = exactW.reduce(0) { $0 + $1.size } / Double(exactW.count)
      #expect(worstError(dw, exactW, least: usesWinograd ? sizes : 1e-30) < limit)
      #expect(worstError(db, exactB) < 1e-6)
    }
  }
}
