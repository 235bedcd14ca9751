extension Image {
  /// Pictures side by side on white: a row of them for each array, to be looked at together.
  ///
  /// Small pictures are shown larger, each pixel as a square.
  ///
  /// - Parameters:
  ///   - rows: pictures of one size.
  ///   - gap: pixels between pictures.
  ///   - firstGap: pixels after the first picture of a row.
  ///   - magnification: how many pixels wide each pixel is shown.
  /// - Precondition: at least one picture, all of one size, as many in each row.
  public init(
    contactSheet rows: [[Image]], gap: Int = 4, firstGap: Int = 16, magnification: Int = 1
  ) {
    let (width, height) = (rows[0][0].width * magnification, rows[0][0].height * magnification)
    let size = Self.contactSheetSize(
      rows: rows.count, columns: rows[0].count, width: width, height: height, gap: gap,
      firstGap: firstGap)
    var pixels = [UInt8](repeating: 255, count: 3 * size.width * size.height)
    for (row, pictures) in rows.enumerated() {
      precondition(pictures.count == rows[0].count, "a row of \(pictures.count) pictures")
      for (column, picture) in pictures.enumerated() {
        precondition(
          picture.width == rows[0][0].width && picture.height == rows[0][0].height,
          "a picture of \(picture.width) x \(picture.height)")
        let left = column * (width + gap) + (column > 0 ? firstGap - gap : 0)
        let top = row * (height + gap)
        for y in 0..<height {
          let source = y / magnification * picture.width
          for x in 0..<width {
            let from = 3 * (source + x / magnification)
            let to = 3 * ((top + y) * size.width + left + x)
            for channel in 0..<3 { pixels[to + channel] = picture.pixels[from + channel] }
          }
        }
      }
    }
    self.init(width: size.width, height: size.height, pixels: pixels)
  }

  /// The size of a contact sheet of pictures of this size, as they are shown.
  public static func contactSheetSize(
    rows: Int, columns: Int, width: Int, height: Int, gap: Int = 4, firstGap: Int = 16
  ) -> (width: Int, height: Int) {
    let gaps = columns > 1 ? firstGap + (columns - 2) * gap : 0
    return (columns * width + gaps, rows * height + (rows - 1) * gap)
  }
}
