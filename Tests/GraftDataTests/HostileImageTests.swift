import Foundation
import GraftData
import SystemPackage
import Testing

/// Files made to take memory or time.
@Suite struct HostileImageTests {
  /// A chunk with a right checksum.
  static func chunk(_ kind: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(kind.utf8) + data
    return big(data.count) + body + big(Int(crc32(body)))
  }

  static func big(_ number: Int) -> [UInt8] { (0..<4).map { UInt8(number >> (24 - 8 * $0) & 255) } }

  static func crc32(_ bytes: [UInt8]) -> UInt32 {
    var crc = ~UInt32(0)
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0xEDB8_8320 : crc >> 1 }
    }
    return ~crc
  }

  static func header(_ width: Int, _ height: Int, depth: UInt8 = 8, color: UInt8 = 2) -> [UInt8] {
    [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
      + chunk("IHDR", big(width) + big(height) + [depth, color, 0, 0, 0])
  }

  @Test func refusesManyPixels() {
    let error = failure { _ = try ImageReader.read(bytes: Self.header(20000, 20000)) }
    // The data must have begun before libpng reports the header.
    #expect(error?.message == "file ends early")
    let begun = Self.header(20000, 20000) + Self.chunk("IDAT", [0x78, 0x9C, 0, 0])
    #expect(
      failure { _ = try ImageReader.read(bytes: begun) }
        == DataError(
          "20000 x 20000 pixels; graft reads up to 100 million, sides up to 1000000. "
            + "Scale it down"))
    let long = Self.header(2_000_000_000, 1) + Self.chunk("IDAT", [0x78, 0x9C, 0, 0])
    #expect(
      failure { _ = try ImageReader.read(bytes: long) }?.message
        == "2000000000 x 1 pixels; graft reads up to 100 million, sides up to 1000000. "
        + "Scale it down")
  }

  /// 57 bytes that claim a text of a gigabyte.
  @Test func doesNotReserveForText() throws {
    var bomb = Self.header(1, 1)
    bomb += Self.big(1_000_000_000)
    bomb += Array("tEXt".utf8)
    bomb += [UInt8](repeating: 65, count: 16)
    let before = try peakMemory()
    #expect(
      failure { _ = try ImageReader.read(bytes: bomb) } == DataError("file ends early"))
    let text = Self.chunk("zTXt", Array("a\0\0".utf8) + [UInt8](repeating: 0, count: 1000))
    var many = Self.header(1, 1)
    for _ in 0..<2000 { many += text }
    many += Self.chunk("IDAT", [])
    #expect(failure { _ = try ImageReader.read(bytes: many) } != nil)
    #expect(try peakMemory() - before < 100_000_000)
  }

  /// An image that is all there, with text that is not read.
  @Test func ignoresWhatMakesNoPixels() throws {
    let plain = try smallPNG(5)
    let text = Self.chunk("tEXt", Array("Comment\0hello".utf8))
    let marked = Array(plain[..<33]) + text + Array(plain[33...])
    #expect(try ImageReader.read(bytes: marked) == ImageReader.read(bytes: plain))
  }

  /// A progressive JPEG whose last scan is repeated.
  @Test func refusesEndlessScans() throws {
    let path = Fixtures.images.appending("types").appending("progressive.jpg")
    let bytes = try Array(Data(contentsOf: URL(filePath: path.string)))
    let scan = try #require(
      bytes.indices.dropLast(1).last { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xDA })
    let repeated = bytes[scan..<bytes.count - 2]
    var bomb = Array(bytes.dropLast(2))
    for _ in 0..<200 { bomb += repeated }
    bomb += [0xFF, 0xD9]
    #expect(failure { _ = try ImageReader.read(bytes: bomb) } != nil)
    var limits = ImageLimits.standard
    limits.scans = 3
    #expect(
      failure { _ = try ImageReader.read(bytes: bytes, limits: limits) }?.message
        == "progressive JPEG of more than 3 scans; save it as an ordinary JPEG")
  }

  @Test func boundsTheMemoryOfProgressiveImages() throws {
    let path = Fixtures.images.appending("types").appending("progressive.jpg")
    let bytes = try Array(Data(contentsOf: URL(filePath: path.string)))
    // The same file, claiming 16000 x 16000 pixels.
    let frame = try #require(
      bytes.indices.dropLast(1).first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC2 })
    var bomb = bytes
    (bomb[frame + 5], bomb[frame + 6]) = (62, 128)
    (bomb[frame + 7], bomb[frame + 8]) = (62, 128)
    #expect(
      failure { _ = try ImageReader.read(bytes: bomb) }?.message
        == "16000 x 16000 pixels; graft reads up to 100 million, sides up to 1000000. "
        + "Scale it down")
    (bomb[frame + 5], bomb[frame + 6]) = (37, 16)
    (bomb[frame + 7], bomb[frame + 8]) = (37, 16)
    var limits = ImageLimits.standard
    limits.decoderBytes = 10_000_000
    #expect(
      failure { _ = try ImageReader.read(bytes: bomb, limits: limits) }?.message
        == "JPEG that needs too much memory; save it anew, smaller")
  }

  @Test func survivesHostileEXIF() throws {
    let path = Fixtures.images.appending("types").appending("exif6.jpg")
    let bytes = try Array(Data(contentsOf: URL(filePath: path.string)))
    let exif = try #require(bytes.indices.first { bytes[$0...].starts(with: Array("Exif".utf8)) })
    for position in exif + 6..<exif + 32 {
      for value: UInt8 in [0, 1, 0x7F, 0xFF] {
        var damaged = bytes
        damaged[position] = value
        _ = try ImageReader.read(bytes: damaged)
      }
    }
  }

  /// Kilobytes of resident memory at its highest, as Linux tells; elsewhere nothing to compare.
  private func peakMemory() throws -> Int {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM") })
    else { return 0 }
    return (Int(line.filter(\.isNumber)) ?? 0) * 1024
  }
}
