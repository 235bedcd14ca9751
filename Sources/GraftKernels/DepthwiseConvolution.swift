/// Gradients of a convolution with one group per channel; output `o` belongs to channel
/// `o / multiplier`. Inner loops run over channels, which touch.
extension Kernels {
  /// Scratch: the weights as `[tap][output]`.
  static func addDepthwiseInputGradient(
    _ dy: UnsafePointer<Float>, weights: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
    _ geometry: ConvolutionGeometry, scratch: UnsafeMutablePointer<Float>
  ) {
    packConvolution(weights, scratch, geometry)
    let (window, outputs) = (geometry.window, geometry.outputChannels)
    let multiplier = geometry.outputsPerGroup
    Parallel.run(geometry.batch * window.inputHeight) { row in
      let (image, iy) = row.quotientAndRemainder(dividingBy: window.inputHeight)
      for ix in 0..<window.inputWidth {
        let pixel = dx + (row * window.inputWidth + ix) * geometry.inputChannels
        for i in 0..<window.kernelHeight {
          let down = iy + window.padTop - i * window.dilationHeight
          guard down >= 0, down % window.strideHeight == 0,
            down / window.strideHeight < window.outputHeight
          else { continue }
          let outputRow = image * window.outputHeight + down / window.strideHeight
          for j in 0..<window.kernelWidth {
            let right = ix + window.padLeft - j * window.dilationWidth
            guard right >= 0, right % window.strideWidth == 0,
              right / window.strideWidth < window.outputWidth
            else { continue }
            let place = outputRow * window.outputWidth + right / window.strideWidth
            let (g, w) = (dy + place * outputs, scratch + (i * window.kernelWidth + j) * outputs)
            if multiplier == 1 {
              for o in 0..<outputs { pixel[o] += g[o] * w[o] }
            } else {
              for o in 0..<outputs { pixel[o / multiplier] += g[o] * w[o] }
            }
          }
        }
      }
    }
  }

  /// Each tap sums on its own: rows of pixels first, then the rows.
  static func addDepthwiseWeightGradient(
    _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ dw: UnsafeMutablePointer<Float>,
    _ geometry: ConvolutionGeometry, scratch: UnsafeMutablePointer<Float>
  ) {
    let (window, outputs) = (geometry.window, geometry.outputChannels)
    let multiplier = geometry.outputsPerGroup
    Parallel.run(window.taps) { tap in
      let (i, j) = tap.quotientAndRemainder(dividingBy: window.kernelWidth)
      let total = scratch + tap * outputs
      total.update(repeating: 0, count: outputs)
      withUnsafeTemporaryAllocation(of: Float.self, capacity: outputs) { sums in
        for row in 0..<geometry.batch * window.outputHeight {
          let (image, oy) = row.quotientAndRemainder(dividingBy: window.outputHeight)
          let iy = oy * window.strideHeight - window.padTop + i * window.dilationHeight
          guard iy >= 0, iy < window.inputHeight else { continue }
          sums.update(repeating: 0)
          for ox in 0..<window.outputWidth {
            let ix = ox * window.strideWidth - window.padLeft + j * window.dilationWidth
            guard ix >= 0, ix < window.inputWidth else { continue }
            let seen = (image * window.inputHeight + iy) * window.inputWidth + ix
            let pixel = x + seen * geometry.inputChannels
            let g = dy + (row * window.outputWidth + ox) * outputs
            if multiplier == 1 {
              for o in 0..<outputs { sums[o] += pixel[o] * g[o] }
            } else {
              for o in 0..<outputs { sums[o] += pixel[o / multiplier] * g[o] }
            }
          }
          for o in 0..<outputs { total[o] += sums[o] }
        }
      }
    }
    for o in 0..<outputs {
      for tap in 0..<window.taps { dw[o * window.taps + tap] += scratch[tap * outputs + o] }
    }
  }
}
