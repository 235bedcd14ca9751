import GraftData
import Testing

@Suite struct ContactSheetTests {
  private func flat(_ level: UInt8, width: Int = 2, height: Int = 1) -> Image {
    Image(
      width: width, height: height,
      pixels: [UInt8](repeating: level, count: 3 * width * height))
  }

  @Test func picturesStandInRows() {
    let sheet = Image(
      contactSheet: [[flat(1), flat(2), flat(3)], [flat(4), flat(5), flat(6)]], gap: 1,
      firstGap: 2)
    let rows = [
      [1, 1, 255, 255, 2, 2, 255, 3, 3], [UInt8](repeating: 255, count: 9),
      [4, 4, 255, 255, 5, 5, 255, 6, 6],
    ]
    #expect(sheet.width == 9 && sheet.height == 3)
    #expect(sheet.pixels == rows.flatMap { $0.flatMap { [$0, $0, $0] } })
  }

  @Test func pixelsBecomeSquares() {
    let pixel = Image(width: 2, height: 1, pixels: [1, 2, 3, 4, 5, 6])
    let sheet = Image(contactSheet: [[pixel]], magnification: 2)
    let row: [UInt8] = [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]
    #expect(sheet == Image(width: 4, height: 2, pixels: row + row))
  }

  @Test(arguments: [(1, 1), (3, 1), (2, 4)]) func sizeIsKnownBefore(_ rows: Int, _ columns: Int) {
    let pictures = (0..<rows).map { _ in (0..<columns).map { _ in flat(9, width: 5, height: 4) } }
    let sheet = Image(contactSheet: pictures)
    let size = Image.contactSheetSize(rows: rows, columns: columns, width: 5, height: 4)
    #expect(sheet.width == size.width && sheet.height == size.height)
  }
}
