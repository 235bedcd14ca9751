import Foundation
import Graft

/// An array in NumPy's file format, version 1: float32, and when written int64 too.
///
/// Source: numpy.lib.format, "Format Version 1.0".
struct NumPyArray {
  let tensor: Tensor

  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  init(contentsOf path: FilePath) throws(GraftError) {
    guard let data = FileManager.default.contents(atPath: path.string) else {
      throw GraftError("\(path): no such file", kind: .missing)
    }
    let bytes = [UInt8](data)
    guard bytes.count > 10, Array(bytes[..<6]) == Self.magic, bytes[6] == 1 else {
      throw GraftError("\(path): no NumPy array of format 1")
    }
    let start = 10 + Int(bytes[8]) + Int(bytes[9]) << 8
    guard start <= bytes.count else { throw GraftError("\(path): the array's header ends early") }
    let header = String(decoding: bytes[10..<start], as: UTF8.self)
    guard header.contains("'<f4'"), header.contains("'fortran_order': False"),
      let shape = header.firstMatch(of: /'shape': \(([0-9, ]*)\)/)
    else { throw GraftError("\(path): expected a float32 array in C order") }
    let dimensions = shape.1.split(separator: ",").compactMap {
      Int($0.trimmingCharacters(in: .whitespaces))
    }
    guard let count = Shape.checkedElementCount(dimensions), bytes.count - start == count * 4 else {
      throw GraftError("\(path): the array holds another number of elements than its shape says")
    }
    let elements = (0..<count).map { index in
      bytes.withUnsafeBytes {
        $0.loadUnaligned(fromByteOffset: start + 4 * index, as: Float.self)
      }
    }
    tensor = Tensor(Shape(dimensions), elements)
  }

  /// The file of an array: floats as float32, integers as int64.
  static func bytes(of array: GraftGraph.Constant) -> [UInt8] {
    switch array {
    case .floats(let tensor):
      header("<f4", tensor.shape.dimensions)
        + tensor.withUnsafeElements { Array(UnsafeRawBufferPointer($0)) }
    case .integers(let tensor):
      header("<i8", tensor.dimensions) + tensor.values.withUnsafeBytes { Array($0) }
    }
  }

  private static func header(_ type: String, _ dimensions: [Int]) -> [UInt8] {
    let shape = dimensions.map { "\($0)," }.joined(separator: " ")
    var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(shape)), }"
    let padding = 63 - (10 + header.utf8.count) % 64
    header += String(repeating: " ", count: padding) + "\n"
    let length = header.utf8.count
    return magic + [1, 0, UInt8(length & 255), UInt8(length >> 8)] + Array(header.utf8)
  }
}

/// Writes a file as a whole, or not at all.
func writeWhole(_ bytes: [UInt8], to path: FilePath) throws(GraftError) {
  do {
    try replaceFile(path, with: bytes)
  } catch {
    throw GraftError(error.in(file: path.displayText))
  }
}
