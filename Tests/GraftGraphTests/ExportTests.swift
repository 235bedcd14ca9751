import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct ExportTests {
  /// What is left of a graph when it was written and read again must be the graph.
  private func expectSame(_ a: Graph, _ b: Graph) {
    #expect(a.inputs == b.inputs)
    #expect(a.outputs == b.outputs)
    #expect(a.nodes.map(\.name) == b.nodes.map(\.name))
    #expect(a.nodes.map(\.opType) == b.nodes.map(\.opType))
    #expect(a.nodes.map(\.inputs) == b.nodes.map(\.inputs))
    #expect(a.nodes.map(\.outputs) == b.nodes.map(\.outputs))
    #expect(a.parameters.mapValues(\.tensor) == b.parameters.mapValues(\.tensor))
    #expect(a.parameters.mapValues(\.role) == b.parameters.mapValues(\.role))
    #expect(a.metadata == b.metadata)
  }

  @Test(arguments: [7, 9, 11, 13, 17, 18, 21]) func readsBackWhatItWrote(_ opset: Int) throws {
    var graph = try ONNXModel.tinyClassifier().imported()
    graph.metadata = [ONNXMetadataEntry(key: "k", value: "v")]
    let bytes = try ONNXWriter.bytes(of: graph.exported(opset: opset))
    let read = try ONNXReader.read(bytes: bytes)
    #expect(read.opsets == ["": opset])
    let again = try read.imported()
    expectSame(graph, again)
    expectSame(graph, try again.exported(opset: 17).imported())
    let images = Tensor.images([2, 3, 8, 8])
    #expect(
      try NaiveExecutor.output(of: again, images) == NaiveExecutor.output(of: graph, images))
  }

  @Test func writesASymbolicBatch() throws {
    let model = try ONNXModel.tinyClassifier().imported().exported()
    #expect(model.graph.inputs[0].dimensions == [.symbolic("N"), .fixed(3), .fixed(8), .fixed(8)])
    #expect(model.graph.outputs[0].dimensions == [.symbolic("N"), .fixed(3)])
    #expect(model.producerName == "graft")
  }

  /// Source: ONNX docs/Versioning.md. Before IR 4, weights would have to be inputs.
  @Test(
    arguments: zip(
      [7, 8, 9, 10, 11, 13, 17, 19, 21, 22, 23, 24, 25, 26, 27, 28],
      [4, 4, 4, 5, 6, 7, 8, 9, 10, 10, 11, 12, 13, 13, 13, 14]))
  func writesTheIRVersionOfTheOpset(_ opset: Int, _ version: Int) throws {
    #expect(try ONNXModel.tinyClassifier().imported().exported(opset: opset).irVersion == version)
  }

  @Test func refusesOpsetsThatLackAnOperator() throws {
    var builder = ModelBuilder.images()
    builder.node("HardSwish", ["x"], ["a"])
    builder.output("a", [-1, 3, 4, 4])
    let graph = try builder.graph()
    let error = #expect(throws: GraphError.self) { try graph.exported(opset: 13) }
    #expect(
      error?.message
        == "node 'a': HardSwish exists in opsets 14 to 28; opset 13 cannot hold it (--opset)")
  }

  @Test func refusesAttributesThatCameLater() throws {
    var pool = ModelBuilder.images()
    pool.node(
      "MaxPool", ["x"], ["a"], ["kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1])
    pool.output("a", [-1, 3, 2, 2])
    var slice = ModelBuilder.images()
    for (name, value) in [("starts", 0), ("ends", 4), ("axes", 2), ("steps", 2)] {
      slice.integers(name, [value])
    }
    slice.node("Slice", ["x", "starts", "ends", "axes", "steps"], ["a"])
    slice.output("a", [-1, 3, 2, 4])
    let messages = try [pool, slice].map { builder in
      let graph = try builder.graph()
      _ = try graph.exported(opset: 10)
      return #expect(throws: GraphError.self) { try graph.exported(opset: 9) }?.message
    }
    #expect(
      messages == [
        "node 'a' (MaxPool): ceil_mode came with opset 10; opset 9 cannot hold it (--opset)",
        "node 'a' (Slice): a step came with opset 10; opset 9 cannot hold it (--opset)",
      ])
  }

  @Test(arguments: [2, 29]) func refusesOpsetsOutOfRange(_ opset: Int) throws {
    let graph = try ONNXModel.tinyClassifier().imported()
    let error = #expect(throws: GraphError.self) { try graph.exported(opset: opset) }
    #expect(error?.message == "graft writes opsets 3 to 28, not \(opset)")
  }
}
