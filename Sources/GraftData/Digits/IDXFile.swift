import CZlib
public import SystemPackage

/// Bytes in rows and columns, as the MNIST digits are published, plain or compressed by gzip.
///
///     0 0 8 rank | one 32-bit extent for each axis, highest byte first | the bytes, last axis fastest
///
/// Of the element types only bytes (8) are read, along one to four axes, one gigabyte at most.
/// Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits".
public struct IDXFile: Hashable, Sendable {
  /// The extents, outermost first: `[60000, 28, 28]`.
  public let dimensions: [Int]
  /// As many as the product of the extents.
  public let bytes: [UInt8]

  /// Reads a file.
  ///
  /// - Throws: ``DataError`` that names the file and what is wrong with it.
  public init(contentsOf path: FilePath) throws(DataError) {
    do {
      let file = try GzipFile(path)
      dimensions = try Self.header(file)
      let count = try Self.elementCount(dimensions)
      bytes = try file.read(count, "the \(count) bytes that its header announces")
      try file.expectEnd(after: count)
    } catch {
      throw error.in(file: path.displayName)
    }
  }

  private static let largest = 1 << 30

  private static func header(_ file: borrowing GzipFile) throws(DataError) -> [Int] {
    let magic = try file.read(4, "its first four bytes")
    guard magic[0] == 0, magic[1] == 0 else {
      throw DataError(
        "no IDX file: it begins with the bytes \(magic[0]) \(magic[1]); expected 0 0")
    }
    guard magic[2] == 8 else {
      throw DataError("IDX file with elements of type \(magic[2]); graft reads bytes, type 8")
    }
    guard (1...4).contains(magic[3]) else {
      throw DataError("IDX file with \(magic[3]) axes; graft reads 1 to 4")
    }
    let extents = try file.read(4 * Int(magic[3]), "the extents of its \(magic[3]) axes")
    return (0..<Int(magic[3])).map { axis in
      extents[4 * axis..<4 * axis + 4].reduce(0) { $0 << 8 | Int($1) }
    }
  }

  private static func elementCount(_ dimensions: [Int]) throws(DataError) -> Int {
    var count = 1
    for extent in dimensions {
      // Extents have 32 bits and the product so far 30, so nothing overflows.
      count *= extent
      guard count <= largest else {
        throw DataError("IDX file of \(dimensions) bytes; graft reads up to \(largest) in all")
      }
    }
    return count
  }
}

/// A file read through zlib, which passes on what is not compressed.
private struct GzipFile: ~Copyable {
  private let handle: gzFile

  init(_ path: FilePath) throws(DataError) {
    // Names what cannot be read, and refuses what is no file, before zlib sees it.
    try checkReadable(path)
    guard let handle = path.withPlatformString({ gzopen($0, "rb") }) else {
      throw .reading(.last)
    }
    self.handle = handle
  }

  deinit { gzclose(handle) }

  /// Exactly so many bytes. Memory grows with what is there, not with what a header says.
  func read(_ count: Int, _ what: String) throws(DataError) -> [UInt8] {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: min(count, 1 << 20))
    while bytes.count < count {
      let got = gzread(handle, &piece, UInt32(min(piece.count, count - bytes.count)))
      guard got > 0 else {
        try checkDecompression()
        throw DataError("ends too early: expected \(what); \(bytes.count) are there")
      }
      bytes.append(contentsOf: piece[..<Int(got)])
    }
    return bytes
  }

  func expectEnd(after count: Int) throws(DataError) {
    var byte: UInt8 = 0
    let got = gzread(handle, &byte, 1)
    try checkDecompression()
    guard got == 0 else {
      throw DataError("goes on after the \(count) bytes that its header announces")
    }
  }

  /// zlib tells of an early end only when asked, after giving what there was.
  private func checkDecompression() throws(DataError) {
    var code: Int32 = 0
    _ = gzerror(handle, &code)
    switch code {
    case Z_OK, Z_STREAM_END: return
    case Z_BUF_ERROR: throw DataError("ends too early: its compressed data is cut off")
    case Z_DATA_ERROR: throw DataError("its compressed data is damaged")
    case Z_ERRNO: throw .reading(.last)
    default: throw DataError("cannot be decompressed: zlib error \(code)")
    }
  }
}
