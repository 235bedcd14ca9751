/// Gradients of a channels-last convolution. All of them add.
///
///     dX = dY ⋆ W turned round                      stride 1
///     dX = columns to image (dY · W)                other strides
///     dW = dYᵀ · columns of X     dB = Σ dY over pixels
///
/// where W lies as `[O][tap][channel]`. A pointwise convolution needs no columns.
extension Kernels {
  /// Working memory of the two gradients.
  package static func convolutionGradientScratchFloats(
    _ geometry: ConvolutionGeometry, usesWinograd: Bool = false
  ) -> Int {
    var floats = geometry.weightCount
    if let turned = geometry.turned {
      floats = max(floats, turnedScratchFloats(turned, usesWinograd: usesWinograd))
    }
    if geometry.isDepthwise { return floats }
    if usesWinograd { return max(floats, winogradGradientScratchFloats(geometry)) }
    let columns = geometry.window.isPointwise ? 0 : ColumnBlock.floats(geometry)
    let parts = geometry.gradientParts
    return max(
      floats, columns + geometry.weightCount,
      parts > 1 ? parts * (geometry.weightCount + PartBlock.floats(geometry)) : 0)
  }

  /// `dX += ` what dY implies through the weights `[O, C/groups, KH, KW]`.
  package static func addConvolutionInputGradient(
    _ dy: UnsafePointer<Float>, weights: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
    _ geometry: ConvolutionGeometry, scratch: UnsafeMutablePointer<Float>,
    usesWinograd: Bool = false
  ) {
    guard geometry.outputCount > 0 else { return }
    if let turned = geometry.turned {
      return addTurned(
        dy, weights: weights, dx, geometry, turned, scratch: scratch, usesWinograd: usesWinograd)
    }
    if geometry.isDepthwise {
      return addDepthwiseInputGradient(dy, weights: weights, dx, geometry, scratch: scratch)
    }
    let rearranged = scratch
    let columns = scratch + geometry.weightCount
    rearrange(weights, rearranged, geometry)
    for group in 0..<geometry.groups {
      let w = UnsafePointer(rearranged) + group * geometry.groupWeightCount
      if geometry.window.isPointwise {
        gemm(
          dy + group * geometry.outputsPerGroup, w, dx + group * geometry.channelsPerGroup,
          m: geometry.outputPixels, n: geometry.channelsPerGroup, k: geometry.outputsPerGroup,
          beta: 1, leadingA: geometry.outputChannels, leadingC: geometry.inputChannels)
        continue
      }
      ColumnBlock.forEach(geometry, group: group) { block in
        gemm(
          dy + block.outputOffset, w, columns,
          m: block.pixels, n: block.depth, k: geometry.outputsPerGroup,
          leadingA: geometry.outputChannels)
        block.add(columns, to: dx)
      }
    }
  }

  /// `dW += ` what X and dY imply; dW lies as `[O, C/groups, KH, KW]`.
  package static func addConvolutionWeightGradient(
    _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ dw: UnsafeMutablePointer<Float>,
    _ geometry: ConvolutionGeometry, scratch: UnsafeMutablePointer<Float>,
    usesWinograd: Bool = false
  ) {
    guard geometry.outputCount > 0 else { return }
    if usesWinograd {
      return addWinogradWeightGradient(x, dy, dw, geometry, scratch: scratch)
    }
    if geometry.isDepthwise {
      return addDepthwiseWeightGradient(x, dy, dw, geometry, scratch: scratch)
    }
    if geometry.gradientParts > 1 {
      return addWeightGradientInParts(x, dy, dw, geometry, scratch: scratch)
    }
    let gradient = scratch
    let columns = scratch + geometry.weightCount
    gradient.update(repeating: 0, count: geometry.weightCount)
    for group in 0..<geometry.groups {
      let dw = gradient + group * geometry.groupWeightCount
      if geometry.window.isPointwise {
        gemm(
          dy + group * geometry.outputsPerGroup, x + group * geometry.channelsPerGroup, dw,
          m: geometry.outputsPerGroup, n: geometry.channelsPerGroup, k: geometry.outputPixels,
          transposeA: true,
          leadingA: geometry.outputChannels, leadingB: geometry.inputChannels)
        continue
      }
      ColumnBlock.forEach(geometry, group: group) { block in
        block.fill(columns, from: x)
        gemm(
          dy + block.outputOffset, columns, dw,
          m: geometry.outputsPerGroup, n: block.depth, k: block.pixels,
          transposeA: true, beta: 1, leadingA: geometry.outputChannels)
      }
    }
    addRearranged(gradient, to: dw, geometry)
  }

  /// `dB[channel] += Σ dY[pixel][channel]`, in partial sums of 256 pixels.
  package static func addChannelSums(
    _ dy: UnsafePointer<Float>, _ db: UnsafeMutablePointer<Float>, pixels: Int, channels: Int
  ) {
    Parallel.forRanges(of: channels, size: 64) { range in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: range.count) { partial in
        for first in stride(from: 0, to: pixels, by: 256) {
          partial.update(repeating: 0)
          for pixel in first..<min(pixels, first + 256) {
            let row = dy + pixel * channels + range.lowerBound
            for channel in 0..<range.count { partial[channel] += row[channel] }
          }
          for channel in 0..<range.count { db[range.lowerBound + channel] += partial[channel] }
        }
      }
    }
  }
}

// MARK: - Stride 1

extension Kernels {
  private static func turnedScratchFloats(
    _ turned: ConvolutionGeometry, usesWinograd: Bool
  ) -> Int {
    turned.weightCount
      + (usesWinograd
        ? packedWinogradFloats(turned) + winogradScratchFloats(turned)
        : packedConvolutionFloats(turned) + convolutionScratchFloats(turned))
  }

  /// The gradient of a convolution of stride 1 is one too, of dY with every kernel turned round.
  private static func addTurned(
    _ dy: UnsafePointer<Float>, weights: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
    _ geometry: ConvolutionGeometry, _ turned: ConvolutionGeometry,
    scratch: UnsafeMutablePointer<Float>, usesWinograd: Bool
  ) {
    turn(weights, scratch, geometry)
    let packed = scratch + geometry.weightCount
    if usesWinograd {
      packWinograd(scratch, packed, turned)
      convolveWinograd(
        dy, packed: packed, bias: nil, residual: UnsafePointer(dx), dx, turned,
        scratch: packed + packedWinogradFloats(turned))
    } else {
      packConvolution(scratch, packed, turned)
      convolve(
        dy, packed: packed, bias: nil, dx, turned,
        scratch: packed + packedConvolutionFloats(turned), accumulates: true)
    }
  }

  /// `[O][channel][tap]` to `[group · channel][output of the group][last tap first]`.
  private static func turn(
    _ weights: UnsafePointer<Float>, _ turned: UnsafeMutablePointer<Float>,
    _ geometry: ConvolutionGeometry
  ) {
    let (taps, channels) = (geometry.window.taps, geometry.channelsPerGroup)
    let outputs = geometry.outputsPerGroup
    Parallel.forRanges(of: geometry.inputChannels, size: 16) { range in
      for channel in range {
        let (group, c) = channel.quotientAndRemainder(dividingBy: channels)
        for o in 0..<outputs {
          let w = weights + ((group * outputs + o) * channels + c) * taps
          let t = turned + (channel * outputs + o) * taps
          for tap in 0..<taps { t[tap] = w[taps - 1 - tap] }
        }
      }
    }
  }
}

extension ConvolutionGeometry {
  /// The convolution that takes dY to dX; nil where that is none, or a plain product is faster.
  fileprivate var turned: ConvolutionGeometry? {
    guard window.strideHeight == 1, window.strideWidth == 1, !window.isPointwise,
      !isDepthwise || outputsPerGroup == 1
    else { return nil }
    var turned = self
    (turned.inputChannels, turned.outputChannels) = (outputChannels, inputChannels)
    turned.window.inputHeight = window.outputHeight
    turned.window.inputWidth = window.outputWidth
    turned.window.outputHeight = window.inputHeight
    turned.window.outputWidth = window.inputWidth
    turned.window.padTop = (window.kernelHeight - 1) * window.dilationHeight - window.padTop
    turned.window.padLeft = (window.kernelWidth - 1) * window.dilationWidth - window.padLeft
    // Padding beyond the kernel: windows that see nothing, which no network has.
    return turned.window.padTop >= 0 && turned.window.padLeft >= 0 ? turned : nil
  }
}

// MARK: - Few weights

/// Where weights are few, products are small: each part of the batch sums a gradient of its own, and
/// the parts are added up in their order.
private struct PartBlock {
  let geometry: ConvolutionGeometry
  let rows: Range<Int>

  /// Output rows of a block: about 128 KiB of columns, which stay in the second-level cache.
  static func rowCount(_ geometry: ConvolutionGeometry) -> Int {
    let rowFloats = geometry.window.outputWidth * geometry.window.taps * geometry.channelsPerGroup
    return max(1, min(geometry.rowsPerPart, (1 << 15) / max(rowFloats, 1)))
  }

  static func floats(_ geometry: ConvolutionGeometry) -> Int {
    geometry.window.isPointwise
      ? 0
      : rowCount(geometry) * geometry.window.outputWidth * geometry.window.taps
        * geometry.channelsPerGroup
  }

  /// Adds the gradient of the rows to `dw`, `[O][tap][channel]`.
  func add(
    _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, to dw: UnsafeMutablePointer<Float>,
    columns: UnsafeMutablePointer<Float>
  ) {
    let width = geometry.window.outputWidth
    for group in 0..<geometry.groups {
      let target = dw + group * geometry.groupWeightCount
      if geometry.window.isPointwise {
        let first = rows.lowerBound * width
        Kernels.gemm(
          dy + first * geometry.outputChannels + group * geometry.outputsPerGroup,
          x + first * geometry.inputChannels + group * geometry.channelsPerGroup, target,
          m: geometry.outputsPerGroup, n: geometry.channelsPerGroup, k: rows.count * width,
          transposeA: true, beta: 1, leadingA: geometry.outputChannels,
          leadingB: geometry.inputChannels)
        continue
      }
      let size = Self.rowCount(geometry)
      for first in stride(from: rows.lowerBound, to: rows.upperBound, by: size) {
        let block = ColumnBlock(
          geometry: geometry, rows: first..<min(rows.upperBound, first + size), group: group)
        block.fill(columns, from: x)
        Kernels.gemm(
          dy + block.outputOffset, columns, target,
          m: geometry.outputsPerGroup, n: block.depth, k: block.pixels,
          transposeA: true, beta: 1, leadingA: geometry.outputChannels)
      }
    }
  }
}

extension Kernels {
  private static func addWeightGradientInParts(
    _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ dw: UnsafeMutablePointer<Float>,
    _ geometry: ConvolutionGeometry, scratch: UnsafeMutablePointer<Float>
  ) {
    let (parts, count) = (geometry.gradientParts, geometry.weightCount)
    let columns = scratch + parts * count
    Parallel.run(parts) { part in
      let first = part * geometry.rowsPerPart
      let rows = first..<min(first + geometry.rowsPerPart, geometry.outputRows)
      let gradient = scratch + part * count
      gradient.update(repeating: 0, count: count)
      PartBlock(geometry: geometry, rows: rows).add(
        x, dy, to: gradient, columns: columns + part * PartBlock.floats(geometry))
    }
    Parallel.forRanges(of: count, size: elementsPerTask) { range in
      for part in 1..<parts {
        let other = scratch + part * count
        for index in range { scratch[index] += other[index] }
      }
    }
    addRearranged(scratch, to: dw, geometry)
  }
}

extension ConvolutionGeometry {
  fileprivate var outputRows: Int { batch * window.outputHeight }
  fileprivate var rowsPerPart: Int { max(1, (outputRows + 15) / 16) }

  /// Sixteen parts at most, and only where their gradients fit a cache: 1 where they do not.
  fileprivate var gradientParts: Int {
    weightCount <= 1 << 16 ? (outputRows + rowsPerPart - 1) / rowsPerPart : 1
  }
}

// MARK: - Order of the weights

extension Kernels {
  /// `[O][channel][tap]` to `[O][tap][channel]`.
  private static func rearrange(
    _ weights: UnsafePointer<Float>, _ rearranged: UnsafeMutablePointer<Float>,
    _ geometry: ConvolutionGeometry
  ) {
    let (taps, channels) = (geometry.window.taps, geometry.channelsPerGroup)
    Parallel.forRanges(of: geometry.outputChannels, size: 32) { outputs in
      for output in outputs {
        let (w, r) = (weights + output * taps * channels, rearranged + output * taps * channels)
        for tap in 0..<taps {
          for channel in 0..<channels { r[tap * channels + channel] = w[channel * taps + tap] }
        }
      }
    }
  }

  /// Adds `[O][tap][channel]` to `[O][channel][tap]`.
  private static func addRearranged(
    _ gradient: UnsafePointer<Float>, to dw: UnsafeMutablePointer<Float>,
    _ geometry: ConvolutionGeometry
  ) {
    let (taps, channels) = (geometry.window.taps, geometry.channelsPerGroup)
    Parallel.forRanges(of: geometry.outputChannels, size: 32) { outputs in
      for output in outputs {
        let (g, d) = (gradient + output * taps * channels, dw + output * taps * channels)
        for channel in 0..<channels {
          for tap in 0..<taps { d[channel * taps + tap] += g[tap * channels + channel] }
        }
      }
    }
  }
}

extension ConvolutionGeometry {
  fileprivate var groupWeightCount: Int { weightCount / groups }
}

extension ColumnBlock {
  /// Where the first output pixel and channel of the block lie.
  fileprivate var outputOffset: Int {
    rows.lowerBound * geometry.window.outputWidth * geometry.outputChannels
      + group * geometry.outputsPerGroup
  }
}
