import GraftONNX
import SystemPackage
import Testing

/// Files that the Python package onnx wrote; see `Fixtures/onnx/make_fixtures.py`.
struct FixtureTests {
  private func weights(_ name: String) throws -> ONNXTensor {
    let model = try ONNXReader.read(fixture("\(name).onnx"))
    return try #require(model.graph.initializers.first)
  }

  private let values: [Float] = [-1, 0, 0.5, 1, 2, 3]

  @Test func floats() throws {
    #expect(try weights("raw").bytes.elements(Float.self) == values)
    #expect(try weights("float_data").bytes.elements(Float.self) == values)
    #expect(try weights("double_data").bytes.elements(Double.self) == values.map { Double($0) })
    #expect(
      try weights("float16_data").bytes.elements(UInt16.self)
        == [0xBC00, 0, 0x3800, 0x3C00, 0x4000, 0x4200])
    #expect(
      try weights("bfloat16_data").bytes.elements(UInt16.self)
        == values.map { UInt16($0.bitPattern >> 16) })
  }

  @Test func integers() throws {
    #expect(try weights("int8_data").bytes.elements(Int8.self) == [-1, 0, 7, 1, 2, 3])
    #expect(try weights("int16_data").bytes.elements(Int16.self) == [-1, 0, 7, 1, 2, 3])
    #expect(try weights("int32_data").bytes.elements(Int32.self) == [-1, 0, 7, 1, 2, 3])
    #expect(try weights("int64_data").bytes.elements(Int64.self) == [-1, 0, 7, 1, 2, 3])
    #expect(try weights("uint8_data").bytes.elements(UInt8.self) == [1, 0, 7, 1, 2, 3])
    #expect(try weights("uint16_data").bytes.elements(UInt16.self) == [1, 0, 7, 1, 2, 3])
    #expect(try weights("uint32_data").bytes.elements(UInt32.self) == [1, 0, 7, 1, 2, 3])
    #expect(try weights("uint64_data").bytes.elements(UInt64.self) == [1, 0, 7, 1, 2, 3])
  }

  @Test func constantNode() throws {
    let model = try ONNXReader.read(fixture("constant.onnx"))
    guard case .tensor(let tensor) = try #require(model.graph.nodes[0].attributes.first).value
    else { throw ONNXError("no tensor") }
    #expect(tensor.bytes.elements(Float.self) == values)
  }

  @Test func externalData() throws {
    #expect(try weights("external").bytes.elements(Float.self) == values)
  }

  @Test func everythingAroundTheWeights() throws {
    let model = try ONNXReader.read(fixture("raw.onnx"))
    #expect(model.irVersion == 8)
    #expect(model.opsets == ["": 13])
    #expect(model.producerName == "fixtures")
    #expect(model.metadataValue("graft.labels") == "[\"a\",\"b\"]")
    #expect(model.graph.name == "fixture")
    #expect(
      model.graph.inputs == [
        ONNXValueInfo(name: "x", elementType: .float, dimensions: [.symbolic("batch"), .fixed(3)])
      ])
    #expect(
      model.graph.outputs == [
        ONNXValueInfo(name: "y", elementType: .float, dimensions: [.unknown, .fixed(3)])
      ])
    let node = model.graph.nodes[0]
    #expect((node.name, node.opType, node.domain) == ("add", "Add", ""))
    #expect((node.inputs, node.outputs) == (["x", "w"], ["y"]))
  }
}
