/// What a file is by its first bytes, whatever its name says.
enum FileFormat {
  static func check(_ bytes: UnsafeRawBufferPointer) throws(DataError) -> ImageFacts.Format {
    func begins(_ signature: [UInt8], at offset: Int = 0) -> Bool {
      bytes.count >= offset + signature.count && bytes[offset...].starts(with: signature)
    }
    func begins(_ text: String, at offset: Int = 0) -> Bool { begins(Array(text.utf8), at: offset) }

    guard !bytes.isEmpty else { throw DataError("file is empty") }
    if begins([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return .png }
    if begins([0xFF, 0xD8, 0xFF]) { return .jpeg }
    if begins("GIF87a") || begins("GIF89a") { throw other("GIF") }
    if begins("RIFF") && begins("WEBP", at: 8) { throw other("WebP") }
    if begins([0x49, 0x49, 0x2A, 0]) || begins([0x4D, 0x4D, 0, 0x2A]) { throw other("TIFF") }
    if begins("BM") && bytes.count >= 18 && begins([0, 0, 0, 0], at: 6) { throw other("BMP") }
    if begins("ftyp", at: 4) {
      if begins("avif", at: 8) || begins("avis", at: 8) { throw other("AVIF") }
      if ["heic", "heix", "hevc", "heim", "mif1", "msf1"].contains(where: { begins($0, at: 8) }) {
        throw other("HEIC")
      }
    }
    if begins([0x89]) && begins("PNG", at: 1) {
      throw DataError(
        "PNG whose first bytes are damaged, as by a transfer in text mode; copy it again")
    }
    // The beginning of a file that was cut.
    if bytes.count < 8, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A].starts(with: bytes) {
      throw .endsEarly
    }
    if bytes.count < 3, [0xFF, 0xD8, 0xFF].starts(with: bytes) { throw .endsEarly }
    if begins("version https://git-lfs") {
      throw DataError("not an image but a Git LFS pointer; run 'git lfs pull'")
    }
    if isMarkup(bytes) { throw DataError("not an image but a web page; download it again") }
    throw DataError("not an image")
  }

  private static func other(_ name: String) -> DataError {
    DataError("\(name) image; convert it to PNG or JPEG")
  }

  private static func isMarkup(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let text = String(decoding: bytes.prefix(256), as: UTF8.self).lowercased()
      .drop { $0.isWhitespace || $0 == "\u{FEFF}" }
    return text.hasPrefix("<!doctype html") || text.hasPrefix("<html")
  }
}

extension DataError {
  static let endsEarly = DataError("file ends early")
}
