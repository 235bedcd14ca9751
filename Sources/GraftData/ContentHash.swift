import Crypto
public import SystemPackage

/// The SHA-256 of a file's bytes: two photos with the same hash are the same photo.
public struct ContentHash: Hashable, Sendable {
  package static let byteCount = 32

  /// 32 bytes.
  public let bytes: [UInt8]

  /// The hash of bytes in memory.
  public init(of bytes: some Sequence<UInt8>) {
    var hasher = ContentHasher()
    hasher.update(Array(bytes))
    self = hasher.finalize()
  }

  /// A hash that was written down before.
  package init(bytes: some Sequence<UInt8>) {
    self.bytes = Array(bytes)
    precondition(self.bytes.count == Self.byteCount, "\(self.bytes.count) bytes for a SHA-256")
  }

  /// The hash of a regular file, read piece by piece.
  public init(ofFile path: FilePath) throws(DataError) {
    var hasher = ContentHasher()
    try forEachPiece(of: path) { hasher.update($0) }
    self = hasher.finalize()
  }

  /// 64 hexadecimal digits, lower case.
  public var hex: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}

extension ContentHash: CustomStringConvertible {
  /// The hexadecimal digits.
  public var description: String { hex }
}

extension ContentHash: Comparable {
  /// Orders by bytes.
  public static func < (a: ContentHash, b: ContentHash) -> Bool {
    a.bytes.lexicographicallyPrecedes(b.bytes)
  }
}

/// A `ContentHash` of bytes that come in pieces.
public struct ContentHasher {
  private var sha = SHA256()

  /// A hash of nothing yet.
  public init() {}

  /// Takes the next bytes.
  public mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { sha.update(bufferPointer: $0) }
  }

  /// Takes the next bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    sha.update(bufferPointer: bytes)
  }

  /// The hash of all bytes so far.
  public func finalize() -> ContentHash { ContentHash(bytes: sha.finalize()) }
}
