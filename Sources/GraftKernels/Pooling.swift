internal import CGraftKernels

/// Pools over channels-last images `[N, H, W, C]`. Tasks are output rows, or for gradients blocks of
/// channels of an image, so that no two write the same element.
extension Kernels {
  /// Channels whose gradients one task adds up.
  private static let channelBlock = 64

  // MARK: Maximum

  /// `y = max` over the window; the first of equal numbers wins, padding never. Where `taps` is
  /// given it gets the input pixel (`row · W + column`) of each maximum, −1 where the window saw only
  /// padding; the result there is the lowest number.
  package static func maxPool(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
    taps: UnsafeMutablePointer<Int32>?, _ geometry: WindowGeometry, images: Int, channels: Int
  ) {
    let g = geometry
    Parallel.forRanges(
      of: images * g.outputHeight, size: rowsPerTask(g.outputWidth * channels * g.taps)
    ) { range in
      withUnsafeTemporaryAllocation(of: Int32.self, capacity: g.taps) { pixels in
        for row in range {
          let (image, oy) = (row / g.outputHeight, row % g.outputHeight)
          let source = x + image * g.inputArea * channels
          for ox in 0..<g.outputWidth {
            let offset = (row * g.outputWidth + ox) * channels
            var count = 0
            forPixels(g, oy, ox) { pixel in
              pixels[count] = Int32(truncatingIfNeeded: pixel)
              count += 1
            }
            maxPixel(source, pixels.prefix(count), y + offset, taps.map { $0 + offset }, channels)
          }
        }
      }
    }
  }

  @inline(__always)
  private static func maxPixel(
    _ x: UnsafePointer<Float>, _ pixels: Slice<UnsafeMutableBufferPointer<Int32>>,
    _ y: UnsafeMutablePointer<Float>, _ taps: UnsafeMutablePointer<Int32>?, _ channels: Int
  ) {
    guard !pixels.isEmpty else {
      y.update(repeating: -.greatestFiniteMagnitude, count: channels)
      taps?.update(repeating: -1, count: channels)
      return
    }
    graft_largest(x, pixels.base.baseAddress, pixels.count, channels, y, taps)
  }

  /// `dx[pixel of the maximum] += dy`
  package static func addMaxPoolGradient(
    taps: UnsafePointer<Int32>, _ dy: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
    inputArea: Int, outputArea: Int, images: Int, channels: Int
  ) {
    forChannelBlocks(images, channels) { image, block in
      for pixel in 0..<outputArea {
        let offset = (image * outputArea + pixel) * channels
        for c in block where taps[offset + c] >= 0 {
          dx[(image * inputArea + Int(taps[offset + c])) * channels + c] += dy[offset + c]
        }
      }
    }
  }

  // MARK: Average

  /// `y = Σ / divisor` over the window, the divisor the pixels that it sees, padding counted or not;
  /// what lies beyond the padding never counts.
  package static func averagePool(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ geometry: WindowGeometry,
    countsPadding: Bool, images: Int, channels: Int
  ) {
    let g = geometry
    Parallel.forRanges(
      of: images * g.outputHeight, size: rowsPerTask(g.outputWidth * channels * g.taps)
    ) { range in
      for row in range {
        let (image, oy) = (row / g.outputHeight, row % g.outputHeight)
        for ox in 0..<g.outputWidth {
          let target = y + (row * g.outputWidth + ox) * channels
          target.update(repeating: 0, count: channels)
          let factor = 1 / Float(divisor(g, oy, ox, countsPadding))
          forPixels(g, oy, ox) { pixel in
            let source = x + (image * g.inputArea + pixel) * channels
            var c = 0
            while c < channels {
              target[c] += source[c]
              c &+= 1
            }
          }
          var c = 0
          while c < channels {
            target[c] *= factor
            c &+= 1
          }
        }
      }
    }
  }

  /// `dx[pixels of the window] += dy / divisor`
  package static func addAveragePoolGradient(
    _ dy: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>, _ geometry: WindowGeometry,
    countsPadding: Bool, images: Int, channels: Int
  ) {
    let g = geometry
    forChannelBlocks(images, channels) { image, block in
      for oy in 0..<g.outputHeight {
        for ox in 0..<g.outputWidth {
          let factor = 1 / Float(divisor(g, oy, ox, countsPadding))
          let source = dy + (image * g.outputArea + oy * g.outputWidth + ox) * channels
          forPixels(g, oy, ox) { pixel in
            let target = dx + (image * g.inputArea + pixel) * channels
            for c in block { target[c] += factor * source[c] }
          }
        }
      }
    }
  }

  /// Pixels of the window inside the image, or inside image and padding; at least 1.
  private static func divisor(
    _ g: WindowGeometry, _ oy: Int, _ ox: Int, _ countsPadding: Bool
  ) -> Int {
    guard countsPadding else {
      return max(
        1, g.kernelRows(atOutputRow: oy).count * g.kernelColumns(atOutputColumn: ox).count)
    }
    let bottom = g.inputHeight + g.padBottom - (oy * g.strideHeight - g.padTop)
    let right = g.inputWidth + g.padRight - (ox * g.strideWidth - g.padLeft)
    let rows = min(g.kernelHeight, (bottom + g.dilationHeight - 1) / g.dilationHeight)
    let columns = min(g.kernelWidth, (right + g.dilationWidth - 1) / g.dilationWidth)
    return max(1, rows * columns)
  }

  @inline(__always)
  private static func forPixels(
    _ g: WindowGeometry, _ oy: Int, _ ox: Int, _ body: (Int) -> Void
  ) {
    for ky in g.kernelRows(atOutputRow: oy) {
      let row = (oy * g.strideHeight - g.padTop + ky * g.dilationHeight) * g.inputWidth
      for kx in g.kernelColumns(atOutputColumn: ox) {
        body(row + ox * g.strideWidth - g.padLeft + kx * g.dilationWidth)
      }
    }
  }

  // MARK: Whole images

  /// `y[n, c] = mean` of the pixels, summed in Double in memory order.
  package static func globalAveragePool(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, images: Int, area: Int,
    channels: Int
  ) {
    forChannelBlocks(images, channels) { image, block in
      withUnsafeTemporaryAllocation(of: Double.self, capacity: block.count) { sum in
        sum.initialize(repeating: 0)
        for pixel in 0..<area {
          let source = x + ((image * area + pixel) * channels + block.lowerBound)
          var c = 0
          while c < sum.count {
            sum[c] += Double(source[c])
            c &+= 1
          }
        }
        for c in 0..<sum.count {
          y[image * channels + block.lowerBound + c] = Float(sum[c] / Double(area))
        }
      }
    }
  }

  /// `dx[n, pixel, c] += dy[n, c] / area`
  package static func addGlobalAveragePoolGradient(
    _ dy: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>, images: Int, area: Int,
    channels: Int
  ) {
    let factor = 1 / Float(area)
    Parallel.forRanges(of: images * area, size: rowsPerTask(channels)) { range in
      for row in range {
        let (source, target) = (dy + row / area * channels, dx + row * channels)
        var c = 0
        while c < channels {
          target[c] += factor * source[c]
          c &+= 1
        }
      }
    }
  }

  // MARK: Loops

  private static func rowsPerTask(_ work: Int) -> Int { max(1, elementsPerTask / max(1, work)) }

  @inline(__always)
  private static func forChannelBlocks(
    _ images: Int, _ channels: Int, _ body: (_ image: Int, _ block: Range<Int>) -> Void
  ) {
    let blocks = (channels + channelBlock - 1) / channelBlock
    Parallel.run(images * blocks) { task in
      let first = task % blocks * channelBlock
      body(task / blocks, first..<min(channels, first + channelBlock))
    }
  }
}
