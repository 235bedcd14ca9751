import GraftONNX
import SystemPackage

/// Protobuf messages by hand: the tests' own writer, so that they can also write what nobody would.
struct Wire {
  private(set) var bytes: [UInt8] = []

  init() {}
  init(_ build: (inout Wire) -> Void) { build(&self) }

  mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func tag(_ field: Int, _ wire: Int) { varint(UInt64(field << 3 | wire)) }

  mutating func int(_ field: Int, _ value: Int) {
    tag(field, 0)
    varint(UInt64(bitPattern: Int64(value)))
  }

  mutating func data(_ field: Int, _ content: [UInt8]) {
    tag(field, 2)
    varint(UInt64(content.count))
    bytes += content
  }

  mutating func string(_ field: Int, _ text: String) { data(field, Array(text.utf8)) }

  mutating func message(_ field: Int, _ build: (inout Wire) -> Void) {
    data(field, Wire(build).bytes)
  }

  mutating func raw(_ content: [UInt8]) { bytes += content }

  /// Packed floats.
  mutating func floats(_ field: Int, _ values: [Float]) {
    data(field, values.flatMap { value in littleEndian(value.bitPattern) })
  }

  /// Packed varints.
  mutating func ints(_ field: Int, _ values: [Int]) {
    data(field, Wire { for value in values { $0.varint(UInt64(bitPattern: Int64(value))) } }.bytes)
  }
}

func littleEndian<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

// MARK: - Models

/// A model of one Relu whose graph can be extended.
func modelBytes(
  ir: Int = 8, opset: Int = 13, model extra: (inout Wire) -> Void = { _ in },
  graph: (inout Wire) -> Void = { _ in }
) -> [UInt8] {
  Wire {
    $0.int(1, ir)
    $0.message(8) { $0.int(2, opset) }
    $0.message(7) {
      $0.message(1) {
        $0.string(1, "x")
        $0.string(2, "y")
        $0.string(3, "relu")
        $0.string(4, "Relu")
      }
      $0.string(2, "tiny")
      graph(&$0)
    }
    extra(&$0)
  }.bytes
}

/// A model with one initializer `w`.
func modelBytes(
  type: Int = 1, dimensions: [Int], tensor: @escaping (inout Wire) -> Void
) -> [UInt8] {
  modelBytes(graph: {
    $0.message(5) {
      for extent in dimensions { $0.int(1, extent) }
      $0.int(2, type)
      $0.string(8, "w")
      tensor(&$0)
    }
  })
}

// MARK: - Reading

func read(_ bytes: [UInt8]) throws(ONNXError) -> ONNXModel {
  try ONNXReader.read(bytes: bytes.withUnsafeBytes { ONNXBytes(copying: $0) })
}

/// The message with which these bytes are refused; nil if they are not.
func refusal(_ bytes: [UInt8]) -> String? {
  do {
    _ = try read(bytes)
    return nil
  } catch {
    return error.message
  }
}

func refusal(_ path: FilePath) -> ONNXError? {
  do {
    _ = try ONNXReader.read(path)
    return nil
  } catch {
    return error
  }
}

extension ONNXBytes {
  var array: [UInt8] { withUnsafeBytes { Array($0) } }

  func elements<Number: BitwiseCopyable>(_ type: Number.Type) -> [Number] {
    withUnsafeBytes { bytes in
      (0..<bytes.count / MemoryLayout<Number>.size).map {
        bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Number>.size, as: type)
      }
    }
  }
}
