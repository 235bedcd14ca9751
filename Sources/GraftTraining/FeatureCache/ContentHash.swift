/// 32 bytes that stand for some content: a SHA-256.
struct ContentHash: Hashable, Sendable {
  static let byteCount = 32

  /// As the bytes lie in memory.
  fileprivate let words: (UInt64, UInt64, UInt64, UInt64)

  /// From 64 hexadecimal digits; nil where it is anything else.
  init?(hex: String) {
    let digits = hex.utf8.map { Self.value(ofDigit: $0) }
    guard digits.count == 2 * Self.byteCount, !digits.contains(nil) else { return nil }
    let bytes = (0..<Self.byteCount).map { digits[2 * $0]! << 4 | digits[2 * $0 + 1]! }
    self = bytes.withUnsafeBytes { ContentHash($0) }
  }

  /// - Precondition: at least 32 bytes.
  init(_ bytes: UnsafeRawBufferPointer) {
    func word(_ index: Int) -> UInt64 {
      bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
    }
    words = (word(0), word(1), word(2), word(3))
  }

  func write(to bytes: UnsafeMutableRawBufferPointer) {
    withUnsafeBytes(of: words) { bytes.copyMemory(from: $0) }
  }

  static func == (a: ContentHash, b: ContentHash) -> Bool { a.words == b.words }

  func hash(into hasher: inout Hasher) {
    // The content is a hash already: a part of it tells apart as well as the whole.
    hasher.combine(words.0)
  }

  private static func value(ofDigit digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}

extension ContentHash {
  /// The first 16 hexadecimal digits, for names of files.
  var shortHex: String {
    let digits = Array("0123456789abcdef")
    return withUnsafeBytes(of: words.0) { bytes in
      String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
  }
}
