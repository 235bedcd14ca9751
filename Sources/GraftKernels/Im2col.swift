/// Some rows of output pixels of the batch, written out as rows of a matrix: for each pixel and each
/// kernel tap, the channels of one group.
struct ColumnBlock {
  let geometry: ConvolutionGeometry
  /// Rows of output pixels, counted over all images.
  let rows: Range<Int>
  let group: Int

  /// Floats of one row of the matrix: `[tap][channel]`.
  var depth: Int { geometry.window.taps * geometry.channelsPerGroup }
  var pixels: Int { rows.count * geometry.window.outputWidth }

  /// Output rows of a block: as many as fit about 4 MiB, at least one.
  static func rowCount(_ geometry: ConvolutionGeometry) -> Int {
    let rowFloats =
      geometry.window.outputWidth * geometry.window.taps * geometry.channelsPerGroup
    return max(
      1, min(geometry.batch * geometry.window.outputHeight, (1 << 20) / max(rowFloats, 1)))
  }

  /// Floats of the largest block.
  static func floats(_ geometry: ConvolutionGeometry) -> Int {
    rowCount(geometry) * geometry.window.outputWidth * geometry.window.taps
      * geometry.channelsPerGroup
  }

  /// All blocks of a group, one after the other.
  static func forEach(
    _ geometry: ConvolutionGeometry, group: Int, _ body: (ColumnBlock) -> Void
  ) {
    let (count, size) = (geometry.batch * geometry.window.outputHeight, rowCount(geometry))
    for first in stride(from: 0, to: count, by: size) {
      body(
        ColumnBlock(geometry: geometry, rows: first..<min(count, first + size), group: group))
    }
  }
}

// MARK: - Image to columns

extension ColumnBlock {
  /// Writes the matrix: `columns[pixel][tap][channel]`, padding as 0.
  func fill(_ columns: UnsafeMutablePointer<Float>, from x: UnsafePointer<Float>) {
    let (window, channels) = (geometry.window, geometry.channelsPerGroup)
    Parallel.run(rows.count) { row in
      let (image, oy) = (rows.lowerBound + row).quotientAndRemainder(
        dividingBy: window.outputHeight)
      let source = x + image * window.inputArea * geometry.inputChannels + group * channels
      for ox in 0..<window.outputWidth {
        var target = columns + (row * window.outputWidth + ox) * depth
        for i in 0..<window.kernelHeight {
          let iy = oy * window.strideHeight - window.padTop + i * window.dilationHeight
          for j in 0..<window.kernelWidth {
            let ix = ox * window.strideWidth - window.padLeft + j * window.dilationWidth
            if iy >= 0, iy < window.inputHeight, ix >= 0, ix < window.inputWidth {
              let pixel = source + (iy * window.inputWidth + ix) * geometry.inputChannels
              target.update(from: pixel, count: channels)
            } else {
              target.update(repeating: 0, count: channels)
            }
            target += channels
          }
        }
      }
    }
  }
}

// MARK: - Columns to image

extension ColumnBlock {
  /// Adds the matrix back to the pixels it was read from. Each input pixel gathers from the output
  /// pixels that see it, in a fixed order.
  func add(_ columns: UnsafePointer<Float>, to dx: UnsafeMutablePointer<Float>) {
    let (window, channels) = (geometry.window, geometry.channelsPerGroup)
    let images = rows.lowerBound / window.outputHeight...(rows.upperBound - 1) / window.outputHeight
    Parallel.run(images.count * window.inputHeight) { place in
      let (skipped, iy) = place.quotientAndRemainder(dividingBy: window.inputHeight)
      let image = images.lowerBound + skipped
      let target = dx + image * window.inputArea * geometry.inputChannels + group * channels
      for i in 0..<window.kernelHeight {
        guard
          let oy = Self.output(
            seeing: iy + window.padTop - i * window.dilationHeight, stride: window.strideHeight),
          oy < window.outputHeight, rows.contains(image * window.outputHeight + oy)
        else { continue }
        for ix in 0..<window.inputWidth {
          let pixel = target + (iy * window.inputWidth + ix) * geometry.inputChannels
          for j in 0..<window.kernelWidth {
            guard
              let ox = Self.output(
                seeing: ix + window.padLeft - j * window.dilationWidth, stride: window.strideWidth),
              ox < window.outputWidth
            else { continue }
            let row =
              (image * window.outputHeight + oy - rows.lowerBound) * window.outputWidth + ox
            let source = columns + row * depth + (i * window.kernelWidth + j) * channels
            for channel in 0..<channels { pixel[channel] += source[channel] }
          }
        }
      }
    }
  }

  /// The output place whose window begins at `offset`, counted from the padding's edge.
  private static func output(seeing offset: Int, stride: Int) -> Int? {
    offset >= 0 && offset % stride == 0 ? offset / stride : nil
  }
}
