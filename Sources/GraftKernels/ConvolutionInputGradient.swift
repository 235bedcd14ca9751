/// The gradient of a convolution by its input is a convolution too, of dY with every kernel turned
/// round:
///
///     dX[iy] = Σ over i of W[i] · dY[(iy + pad − i · dilation) / stride], where that divides
///
/// With a stride the input pixels fall into phases, in each of which the same taps divide: as many
/// convolutions of stride 1, whose results lie apart in dX.
extension Kernels {
  static func inputGradientScratchFloats(
    _ geometry: ConvolutionGeometry, usesWinograd: Bool
  ) -> Int {
    if geometry.isStridedDepthwise { return geometry.weightCount }
    let phases = geometry.phases.map { phase in
      let turned = phase.turned
      let convolution =
        usesWinograd
        ? packedWinogradFloats(turned, turned.largestWinogradSide)
          + winogradScratchFloats(turned, turned.largestWinogradSide)
        : packedConvolutionFloats(turned) + convolutionScratchFloats(turned)
      return phase.isWhole ? convolution : turned.weightCount + convolution + turned.outputCount
    }
    return phases.max() ?? 0
  }

  static func addInputGradient(
    _ dy: UnsafePointer<Float>, weights: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
    _ geometry: ConvolutionGeometry, scratch: UnsafeMutablePointer<Float>, usesWinograd: Bool,
    begins: Bool
  ) {
    let phases = geometry.phases
    let covered = phases.reduce(0) { $0 + $1.turned.outputCount }
    if begins, covered < geometry.inputCount { fill(dx, with: 0, count: geometry.inputCount) }
    for phase in phases {
      guard !phase.isWhole else {
        convolve(
          dy, turned: weights, dx, phase.turned, packed: scratch, usesWinograd: usesWinograd,
          begins: begins)
        continue
      }
      phase.turn(weights, scratch)
      let packed = scratch + phase.turned.weightCount
      let working = packed + packedConvolutionFloats(phase.turned)
      let result = working + convolutionScratchFloats(phase.turned)
      packConvolution(scratch, packed, phase.turned)
      convolve(dy, packed: packed, bias: nil, result, phase.turned, scratch: working)
      phase.scatter(result, dx, begins: begins)
    }
  }

  /// `dX += dY ⋆ weights turned round`
  private static func convolve(
    _ dy: UnsafePointer<Float>, turned weights: UnsafePointer<Float>,
    _ dx: UnsafeMutablePointer<Float>, _ geometry: ConvolutionGeometry,
    packed: UnsafeMutablePointer<Float>, usesWinograd: Bool, begins: Bool
  ) {
    if usesWinograd {
      let side = geometry.largestWinogradSide
      packWinograd(weights, packed, geometry, side, order: .turned)
      convolveWinograd(
        dy, packed: packed, bias: nil, residual: begins ? nil : UnsafePointer(dx), dx, geometry,
        side, scratch: packed + packedWinogradFloats(geometry, side))
    } else {
      packConvolution(weights, packed, geometry, order: .turned)
      convolve(
        dy, packed: packed, bias: nil, dx, geometry,
        scratch: packed + packedConvolutionFloats(geometry), accumulates: !begins)
    }
  }
}

// MARK: - Phases

/// Every `stride`-th input place along one axis, and the taps through which they are seen.
private struct PhaseAxis {
  let stride: Int
  /// The first input place, and how many there are.
  let first: Int
  let count: Int
  /// Kernel places `tap`, `tap + tapStep`, … of which there are `taps`.
  let tap: Int
  let tapStep: Int
  let taps: Int
  /// Window of the turned convolution.
  let dilation: Int
  let pad: Int

  /// Phase `p`: the input places for which place + pad leaves `p` over. Nil where no tap or no place
  /// belongs to it.
  init?(_ p: Int, stride: Int, dilation: Int, kernel: Int, pad: Int, extent: Int) {
    guard let tap = (0..<kernel).first(where: { $0 * dilation % stride == p }) else { return nil }
    let common = Self.greatestCommonDivisor(stride, dilation)
    self.stride = stride
    self.tap = tap
    tapStep = stride / common
    taps = (kernel - tap + tapStep - 1) / tapStep
    self.dilation = dilation / common
    // The place with the quotient q sees dY at q − shift − k · dilation through its tap k.
    let quotient = max(0, (pad - p + stride - 1) / stride)
    let shift = (tap * dilation - p) / stride
    first = stride * quotient + p - pad
    count = extent > first ? (extent - first + stride - 1) / stride : 0
    self.pad = (taps - 1) * self.dilation + shift - quotient
    guard count > 0 else { return nil }
  }

  private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
    b == 0 ? a : greatestCommonDivisor(b, a % b)
  }
}

/// One convolution of stride 1 that gives dX at some of its places.
private struct Phase {
  let geometry: ConvolutionGeometry
  let vertical: PhaseAxis
  let horizontal: PhaseAxis

  /// Is it all of dX, so that it can be written in place?
  var isWhole: Bool { vertical.stride == 1 && horizontal.stride == 1 }

  var turned: ConvolutionGeometry {
    var window = WindowGeometry(
      inputHeight: geometry.window.outputHeight, inputWidth: geometry.window.outputWidth,
      outputHeight: vertical.count, outputWidth: horizontal.count, kernelHeight: vertical.taps,
      kernelWidth: horizontal.taps)
    (window.dilationHeight, window.dilationWidth) = (vertical.dilation, horizontal.dilation)
    (window.padTop, window.padLeft) = (vertical.pad, horizontal.pad)
    return ConvolutionGeometry(
      batch: geometry.batch, inputChannels: geometry.outputChannels,
      outputChannels: geometry.inputChannels, groups: geometry.groups, window: window)
  }

  /// `[O][channel][tap]` to `[group · channel][output of the group][taps of the phase, last first]`.
  func turn(_ weights: UnsafePointer<Float>, _ turned: UnsafeMutablePointer<Float>) {
    let (taps, channels) = (geometry.window.taps, geometry.channelsPerGroup)
    let (outputs, width) = (geometry.outputsPerGroup, geometry.window.kernelWidth)
    let rows = (0..<vertical.taps).reversed().map { vertical.tap + $0 * vertical.tapStep }
    let columns = (0..<horizontal.taps).reversed().map { horizontal.tap + $0 * horizontal.tapStep }
    let places = rows.flatMap { row in columns.map { row * width + $0 } }
    Parallel.forRanges(of: geometry.inputChannels, size: 16) { range in
      for channel in range {
        let (group, c) = channel.quotientAndRemainder(dividingBy: channels)
        for o in 0..<outputs {
          let w = weights + ((group * outputs + o) * channels + c) * taps
          let t = turned + (channel * outputs + o) * places.count
          for place in 0..<places.count { t[place] = w[places[place]] }
        }
      }
    }
  }

  /// Puts the result at its places in dX, added where the gradient has begun.
  func scatter(_ result: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>, begins: Bool) {
    let (window, channels) = (geometry.window, geometry.inputChannels)
    Parallel.forRanges(of: geometry.batch * vertical.count, size: 4) { range in
      for row in range {
        let (image, y) = row.quotientAndRemainder(dividingBy: vertical.count)
        let line = image * window.inputHeight + vertical.first + y * vertical.stride
        for x in 0..<horizontal.count {
          let pixel = line * window.inputWidth + horizontal.first + x * horizontal.stride
          let source = result + (row * horizontal.count + x) * channels
          Kernels.addRun(source, to: dx + pixel * channels, count: channels, begins: begins)
        }
      }
    }
  }
}

extension ConvolutionGeometry {
  fileprivate var phases: [Phase] {
    let vertical = (0..<window.strideHeight).compactMap {
      PhaseAxis(
        $0, stride: window.strideHeight, dilation: window.dilationHeight,
        kernel: window.kernelHeight, pad: window.padTop, extent: window.inputHeight)
    }
    let horizontal = (0..<window.strideWidth).compactMap {
      PhaseAxis(
        $0, stride: window.strideWidth, dilation: window.dilationWidth,
        kernel: window.kernelWidth, pad: window.padLeft, extent: window.inputWidth)
    }
    return vertical.flatMap { v in
      horizontal.map { Phase(geometry: self, vertical: v, horizontal: $0) }
    }
  }
}
