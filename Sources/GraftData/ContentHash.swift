import Crypto
public import SystemPackage

/// The SHA-256 of a file's bytes: two photos with the same hash are the same photo.
public struct ContentHash: Hashable, Sendable {
  /// 32 bytes.
  public let bytes: [UInt8]

  /// The hash of bytes in memory.
  public init(of bytes: some Sequence<UInt8>) {
    var hasher = ContentHasher()
    hasher.update(Array(bytes))
    self = hasher.finalize()
  }

  fileprivate init(digest: some Sequence<UInt8>) { bytes = Array(digest) }

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
  public var description: String { hex }
}

extension ContentHash: Comparable {
  public static func < (a: ContentHash, b: ContentHash) -> Bool {
    a.bytes.lexicographicallyPrecedes(b.bytes)
  }
}

/// A `ContentHash` of bytes that come in pieces.
public struct ContentHasher {
  private var sha = SHA256()

  public init() {}

  public mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { sha.update(bufferPointer: $0) }
  }

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    sha.update(bufferPointer: bytes)
  }

  public func finalize() -> ContentHash { ContentHash(digest: sha.finalize()) }
}
