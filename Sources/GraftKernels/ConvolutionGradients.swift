/// Gradients of a channels-last convolution. All of them add.
///
///     dX = columns to image (dY · W)     dW = dYᵀ · columns of X     dB = Σ dY over pixels
///
/// where W lies as `[O][tap][channel]`. A pointwise convolution needs no columns.
extension Kernels {
  /// Working memory of the two gradients: columns, rearranged weights, their gradient.
  package static func convolutionGradientScratchFloats(_ geometry: ConvolutionGeometry) -> Int {
    if geometry.isDepthwise { return geometry.weightCount }
    let columns = geometry.window.isPointwise ? 0 : ColumnBlock.floats(geometry)
    return columns + geometry.weightCount
  }

  /// `dX += ` what dY implies through the weights `[O, C/groups, KH, KW]`.
  package static func addConvolutionInputGradient(
    _ dy: UnsafePointer<Float>, weights: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
    _ geometry: ConvolutionGeometry, scratch: UnsafeMutablePointer<Float>
  ) {
    guard geometry.outputCount > 0 else { return }
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
    _ geometry: ConvolutionGeometry, scratch: UnsafeMutablePointer<Float>
  ) {
    guard geometry.outputCount > 0 else { return }
    if geometry.isDepthwise {
      return addDepthwiseWeightGradient(x, dy, dw, geometry, scratch: scratch)
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
    let row = image * geometry.window.outputHeight + rows.lowerBound
    let pixel = row * geometry.window.outputWidth
    return pixel * geometry.outputChannels + group * geometry.outputsPerGroup
  }
}
