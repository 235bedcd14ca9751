/// What a file is by its first bytes, whatever its name says.
enum FileFormat {
  private static let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
  private static let jpeg: [UInt8] = [0xFF, 0xD8, 0xFF]

  static func check(_ bytes: UnsafeRawBufferPointer) throws(DataError) -> ImageFacts.Format {
    func begins(_ signature: some Collection<UInt8>, at offset: Int = 0) -> Bool {
      bytes.count >= offset + signature.count && bytes[offset...].starts(with: signature)
    }
    func begins(_ text: String, at offset: Int = 0) -> Bool { begins(text.utf8, at: offset) }

    guard !bytes.isEmpty else { throw DataError("file is empty") }
    if begins(png) { return .png }
    if begins(jpeg) { return .jpeg }
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
    // The beginning of a file that was cut.
    if png.starts(with: bytes) || jpeg.starts(with: bytes) { throw .endsEarly }
    if begins(png.prefix(4)) || zip(bytes, png).count(where: ==) >= 6 {
      throw DataError("damaged PNG (its first bytes, as after a transfer in text mode)")
    }
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
