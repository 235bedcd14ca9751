import GraftONNX
import Testing

/// `TensorProto`: elements in every field, and in the wrong one.
struct TensorTests {
  private func tensor(
    _ type: ONNXElementType, _ dimensions: [Int], _ build: @escaping (inout Wire) -> Void
  ) throws -> ONNXTensor {
    let bytes = modelBytes(type: type.rawValue, dimensions: dimensions, tensor: build)
    return try #require(try read(bytes).graph.initializers.first)
  }

  @Test func rawData() throws {
    let found = try tensor(.float, [2]) { $0.data(9, littleEndian(UInt64(0x3F80_0000_4000_0000))) }
    #expect(found.name == "w")
    #expect(found.dimensions == [2])
    #expect(found.bytes.elements(Float.self) == [2, 1])
  }

  @Test func typedFields() throws {
    #expect(
      try tensor(.float, [3]) { $0.floats(4, [1, 2, 3]) }.bytes.elements(Float.self) == [1, 2, 3])
    // Not packed: one by one.
    let single = try tensor(.float, [2]) {
      for value: Float in [5, 6] { $0.tag(4, 5); $0.raw(littleEndian(value.bitPattern)) }
    }
    #expect(single.bytes.elements(Float.self) == [5, 6])
    #expect(
      try tensor(.double, [1]) { $0.data(10, littleEndian(Double(0.25).bitPattern)) }
        .bytes.elements(Double.self) == [0.25])
    #expect(
      try tensor(.int64, [2]) { $0.ints(7, [-1, 1 << 40]) }.bytes.elements(Int64.self)
        == [-1, 1 << 40])
    #expect(
      try tensor(.uint64, [1]) { $0.ints(11, [-1]) }.bytes.elements(UInt64.self) == [.max])
    #expect(
      try tensor(.uint32, [1]) { $0.ints(11, [4_000_000_000]) }.bytes.elements(UInt32.self)
        == [4_000_000_000])
    #expect(try tensor(.int32, [2]) { $0.ints(5, [-7, 7]) }.bytes.elements(Int32.self) == [-7, 7])
    #expect(try tensor(.int16, [1]) { $0.ints(5, [-7]) }.bytes.elements(Int16.self) == [-7])
    #expect(try tensor(.uint16, [1]) { $0.ints(5, [65535]) }.bytes.elements(UInt16.self) == [65535])
    #expect(try tensor(.int8, [1]) { $0.ints(5, [-128]) }.bytes.elements(Int8.self) == [-128])
    #expect(try tensor(.uint8, [1]) { $0.ints(5, [255]) }.bytes.elements(UInt8.self) == [255])
    #expect(try tensor(.bool, [2]) { $0.ints(5, [1, 0]) }.bytes.elements(UInt8.self) == [1, 0])
    #expect(
      try tensor(.float16, [1]) { $0.ints(5, [0x3C00]) }.bytes.elements(UInt16.self) == [0x3C00])
    #expect(
      try tensor(.bfloat16, [1]) { $0.ints(5, [0xBF80]) }.bytes.elements(UInt16.self) == [0xBF80])
    #expect(
      try tensor(.complex64, [1]) { $0.floats(4, [1, 2]) }.bytes.elements(Float.self) == [1, 2])
  }

  /// Long payloads are left in the file and must come out the same.
  @Test(arguments: [1, 255, 256, 257, 5000]) func lengthsAroundTheCut(count: Int) throws {
    let values = (0..<count).map { Float($0) }
    let raw = values.flatMap { littleEndian($0.bitPattern) }
    #expect(try tensor(.float, [count]) { $0.data(9, raw) }.bytes.array == raw)
    #expect(try tensor(.float, [count]) { $0.floats(4, values) }.bytes.array == raw)
    let doubles = values.flatMap { littleEndian(Double($0).bitPattern) }
    #expect(try tensor(.double, [count]) { $0.data(10, doubles) }.bytes.array == doubles)
  }

  @Test func longWeightsAreNotCopied() throws {
    let raw = [UInt8](repeating: 7, count: 4096)
    let bytes = modelBytes(dimensions: [1024], tensor: { $0.data(9, raw) })
    let file = bytes.withUnsafeBytes { ONNXBytes(copying: $0) }
    let found = try #require(try ONNXReader.read(bytes: file).graph.initializers.first)
    let sameOwner = ObjectIdentifier(found.bytes.owner) == ObjectIdentifier(file.owner)
    #expect(sameOwner)
    #expect((file.base..<file.base + file.count).contains(found.bytes.base))
  }

  @Test func emptyAndStringTensors() throws {
    #expect(try tensor(.float, [0, 1 << 62, 1 << 62]) { _ in }.bytes.count == 0)
    let strings = try tensor(.string, [2]) {
      $0.string(6, "a"); $0.string(6, "b")
    }
    #expect(strings.elementType == .string)
    #expect(strings.bytes.count == 0)
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let type: Int
    let dimensions: [Int]
    let build: @Sendable (inout Wire) -> Void
    let message: String
    var testDescription: String { message }

    init(
      _ type: Int, _ dimensions: [Int], _ message: String,
      _ build: @escaping @Sendable (inout Wire) -> Void
    ) {
      (self.type, self.dimensions, self.build, self.message) = (type, dimensions, build, message)
    }
  }

  static let refused: [Case] = [
    Case(
      1, [2, 3], "tensor 'w': raw_data has 20 bytes, but shape [2, 3] of float needs 24."
    ) { $0.data(9, [UInt8](repeating: 0, count: 20)) },
    Case(
      1, [2, 3], "tensor 'w': raw_data has 2000 bytes, but shape [2, 3] of float needs 24."
    ) { $0.data(9, [UInt8](repeating: 0, count: 2000)) },
    Case(1, [4], "tensor 'w': float_data has 3 numbers, but shape [4] of float needs 4.") {
      $0.floats(4, [1, 2, 3])
    },
    Case(1, [4], "tensor 'w' holds no elements, but shape [4] of float needs 16 bytes.") { _ in },
    Case(
      1, [1_000_000, 1_000_000],
      "tensor 'w': raw_data has 4 bytes, but shape [1000000, 1000000] of float needs 4000000000000."
    ) { $0.data(9, [0, 0, 0, 0]) },
    Case(
      1, [-1, 3], "tensor 'w' has shape [-1, 3] with a negative extent; export the model again."
    ) {
      $0.data(9, [0])
    },
    Case(
      1, [1 << 32, 1 << 32],
      "tensor 'w' has shape [4294967296, 4294967296] with more elements than any file can hold."
    ) { _ in },
    Case(
      11, [1 << 61],
      "tensor 'w' has shape [2305843009213693952] with more elements than any file can hold."
    ) { _ in },
    Case(
      1, [1],
      "tensor 'w' holds elements in float_data and raw_data at once; it must use one of them."
    ) {
      $0.floats(4, [1])
      $0.data(9, [0, 0, 0, 0])
    },
    Case(
      1, [1],
      "tensor 'w' holds float elements in int32_data; they belong in raw_data or float_data."
    ) { $0.ints(5, [1]) },
    Case(99, [1], "tensor 'w' has the unknown element type 99; ONNX has types 1 to 28.") { _ in },
    Case(0, [1], "tensor 'w' has the unknown element type 0; ONNX has types 1 to 28.") { _ in },
    Case(
      17, [1],
      "tensor 'w' has elements of type float8e4m3fn, which graft does not read; convert it to float."
    ) { _ in },
    Case(2, [1], "tensor 'w': int32_data holds 300, which is no uint8; export the model again.") {
      $0.ints(5, [300])
    },
    Case(9, [1], "tensor 'w': int32_data holds 2, which is no bool; export the model again.") {
      $0.ints(5, [2])
    },
    Case(1, [1], "tensor 'w' is a segment of a larger tensor; store it whole.") {
      $0.message(3) { $0.int(1, 0) }
    },
    Case(
      1, [512],
      "damaged at byte 1073: field 'float_data' of TensorProto comes in pieces; fetch or export the "
        + "file again."
    ) {
      $0.floats(4, [Float](repeating: 0, count: 256))
      $0.floats(4, [Float](repeating: 0, count: 256))
    },
    Case(
      1, [1],
      "damaged at byte 43: field 'float_data' has 3 bytes, no multiple of 4; fetch or export the "
        + "file again."
    ) { $0.data(4, [0, 0, 0]) },
    Case(
      1, [1],
      "tensor 'w': its data file 'w.bin' cannot be found for a model in memory; read the model from "
        + "its file."
    ) {
      $0.message(13) {
        $0.string(1, "location"); $0.string(2, "w.bin")
      }
      $0.int(14, 1)
    },
  ]

  @Test(arguments: refused) func refusals(example: Case) {
    let bytes = modelBytes(
      type: example.type, dimensions: example.dimensions, tensor: example.build)
    #expect(refusal(bytes) == example.message)
  }
}
