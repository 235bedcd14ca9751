import GraftData
public import GraftTensor
public import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A file of named tensors and one JSON value: what a run needs to go on.
///
///     8 bytes    "GRAFTCK1"
///     8 bytes    length of the JSON, little endian
///     4 bytes    CRC-32 of all that follows
///     JSON       the names, shapes and order of the tensors, and the value
///     floats     of the tensors, little endian, one after the other
///
/// It is replaced whole or not at all, so that an interruption while writing leaves the one before.
public enum CheckpointFile {
  private static let magic = Array("GRAFTCK1".utf8)
  private static let prefixBytes = 20

  private struct Header<Value: Codable>: Codable {
    struct Entry: Codable {
      var name: String
      var shape: [Int]
    }
    var tensors: [Entry]
    var value: Value
  }

  /// Writes a checkpoint in place of the one before.
  ///
  /// - Throws: ``TrainingError`` of kind `system` where the disk is full or the like.
  public static func write(
    _ value: some Codable, tensors: [String: Tensor], to path: FilePath
  ) throws(TrainingError) {
    let sorted = tensors.sorted { $0.key < $1.key }
    let entries = sorted.map { Entry(name: $0.key, shape: $0.value.shape.dimensions) }
    let json = try encode(value, entries)
    var check = CRC32()
    json.withUnsafeBytes { check.update($0) }
    for (_, tensor) in sorted {
      tensor.withUnsafeElements { check.update(UnsafeRawBufferPointer($0)) }
    }
    var prefix = magic
    withUnsafeBytes(of: UInt64(json.count).littleEndian) { prefix += $0 }
    withUnsafeBytes(of: check.value.littleEndian) { prefix += $0 }
    do throws(DataError) {
      try replaceFile(path) { (write) throws(Errno) in
        for part in [prefix, json] {
          try part.withUnsafeBufferPointer { (bytes) throws(Errno) in
            try write(UnsafeRawBufferPointer(bytes))
          }
        }
        for (_, tensor) in sorted {
          try tensor.withUnsafeElements { (elements) throws(Errno) in
            try write(UnsafeRawBufferPointer(elements))
          }
        }
      }
    } catch {
      throw TrainingError(
        "\(path.displayName): \(error.message)", kind: .system, hints: error.hints)
    }
  }

  /// Reads a checkpoint.
  ///
  /// - Throws: ``TrainingError`` where the file is missing, damaged or none.
  public static func read<Value: Codable>(
    _ type: Value.Type, from path: FilePath
  ) throws(TrainingError) -> (value: Value, tensors: [String: Tensor]) {
    guard
      let data = try? Data(contentsOf: URL(fileURLWithPath: path.string), options: .alwaysMapped)
    else { throw TrainingError("\(path.displayName): cannot be read", kind: .badData) }
    let damaged = TrainingError(
      "\(path.displayName): is damaged, or no checkpoint of this version of graft", kind: .badData,
      hints: ["Begin the run anew."])
    guard data.count >= prefixBytes, data.prefix(magic.count).elementsEqual(magic) else {
      throw damaged
    }
    let (length, check) = data.withUnsafeBytes { bytes in
      (
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
      )
    }
    guard length <= UInt64(data.count - prefixBytes) else { throw damaged }
    var found = CRC32()
    data.withUnsafeBytes { found.update(UnsafeRawBufferPointer(rebasing: $0[prefixBytes...])) }
    guard found.value == check,
      let header = decode(Value.self, data.dropFirst(prefixBytes).prefix(Int(length)))
    else { throw damaged }
    var offset = prefixBytes + Int(length)
    var tensors: [String: Tensor] = [:]
    for entry in header.tensors {
      guard let count = Shape.checkedElementCount(entry.shape),
        count <= (data.count - offset) / MemoryLayout<Float>.stride
      else { throw damaged }
      tensors[entry.name] = data.withUnsafeBytes { bytes in
        Tensor(unsafeUninitialized: Shape(entry.shape)) { elements in
          UnsafeMutableRawPointer(elements).copyMemory(
            from: bytes.baseAddress! + offset, byteCount: count * MemoryLayout<Float>.stride)
        }
      }
      offset += count * MemoryLayout<Float>.stride
    }
    guard offset == data.count else { throw damaged }
    return (header.value, tensors)
  }
}

// MARK: - JSON

extension CheckpointFile {
  private typealias Entry = Header<Int>.Entry

  private static func encode<Value: Codable>(
    _ value: Value, _ entries: [Entry]
  ) throws(TrainingError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let header = Header(
      tensors: entries.map { .init(name: $0.name, shape: $0.shape) }, value: value)
    do {
      return Array(try encoder.encode(header))
    } catch {
      throw TrainingError("the checkpoint cannot be written as JSON: \(error)", kind: .system)
    }
  }

  private static func decode<Value: Codable>(
    _ type: Value.Type, _ json: Data
  ) -> Header<Value>? {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return try? decoder.decode(Header<Value>.self, from: json)
  }
}
