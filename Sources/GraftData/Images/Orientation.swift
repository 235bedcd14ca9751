/// How the camera was held: where the first row and the first column of the stored image belong.
///
/// Source: Exif 2.32, tag 0x0112.
public enum Orientation: Int, Hashable, Sendable {
  /// Rows from the top, columns from the left: as it is.
  case up = 1
  case upMirrored
  case down
  case downMirrored
  case leftMirrored
  case right
  case rightMirrored
  case left

  /// True where rows become columns.
  public var swapsSides: Bool { rawValue >= 5 }
}

extension Image {
  /// The image as it was seen when it was stored with this orientation.
  public func turned(from orientation: Orientation) -> Image {
    guard orientation != .up else { return self }
    let (w, h) = orientation.swapsSides ? (height, width) : (width, height)
    // The stored pixel of output (0, 0), and the steps to the next column and row, in pixels.
    let lastColumn = width - 1
    let lastRow = (height - 1) * width
    let (start, right, down) =
      switch orientation {
      case .up: (0, 1, width)
      case .upMirrored: (lastColumn, -1, width)
      case .down: (lastRow + lastColumn, -1, -width)
      case .downMirrored: (lastRow, 1, -width)
      case .leftMirrored: (0, width, 1)
      case .right: (lastRow, -width, 1)
      case .rightMirrored: (lastRow + lastColumn, -width, -1)
      case .left: (lastColumn, width, -1)
      }
    let turned = [UInt8](unsafeUninitializedCapacity: pixels.count) { out, count in
      pixels.withUnsafeBufferPointer { source in
        for y in 0..<h {
          var from = 3 * (start + y * down)
          for to in stride(from: 3 * y * w, to: 3 * (y + 1) * w, by: 3) {
            out[to] = source[from]
            out[to + 1] = source[from + 1]
            out[to + 2] = source[from + 2]
            from += 3 * right
          }
        }
      }
      count = pixels.count
    }
    return Image(width: w, height: h, pixels: turned)
  }
}
