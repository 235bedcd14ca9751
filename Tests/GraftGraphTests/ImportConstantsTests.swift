import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct ImportConstantsTests {
  private func tensor<Value: BitwiseCopyable>(
    _ name: String, _ type: ONNXElementType, _ dimensions: [Int], _ values: [Value]
  ) -> ONNXTensor {
    ONNXTensor(
      name: name, elementType: type, dimensions: dimensions,
      bytes: values.withUnsafeBytes { ONNXBytes(copying: $0) })
  }

  /// `x · w`, with w as the test adds it.
  private func product(_ prepare: (inout ModelBuilder) -> Void) throws(GraphError) -> Graph {
    var builder = ModelBuilder.images()
    prepare(&builder)
    builder.node("Mul", ["x", "w"], ["y"])
    builder.output("y", [-1, 3, 4, 4])
    return try builder.graph()
  }

  @Test func readsInitializersThatAreInputsToo() throws {
    var builder = ModelBuilder.images(opset: 7, irVersion: 3)
    builder.input("w", [3, 1, 1])
    builder.weights("w", [3, 1, 1], [1, 2, 3])
    builder.node("Mul", ["x", "w"], ["y"])
    builder.output("y", [-1, 3, 4, 4])
    let graph = try builder.graph()
    #expect(graph.inputs.map(\.name) == ["x"])
    #expect(graph.parameters["w"]?.tensor.elements == [1, 2, 3])
  }

  @Test func readsDoubles() throws {
    let graph = try product {
      $0.model.graph.initializers.append(
        tensor("w", .double, [3, 1, 1], [0.1, 2, -3] as [Double]))
    }
    #expect(graph.parameters["w"]?.tensor.elements == [0.1, 2, -3])
  }

  @Test func readsHalves() throws {
    let graph = try product {
      $0.model.graph.initializers.append(
        tensor("w", .float16, [3, 1, 1], [0x3C00, 0xC000, 0x3555] as [UInt16]))
    }
    #expect(graph.parameters["w"]?.tensor.elements == [1, -2, 0.333_251_95])
  }

  @Test func readsConstantNodes() throws {
    let graph = try product {
      $0.node(
        "Constant", [], ["w"],
        ["value": .tensor(tensor("", .float, [3, 1, 1], [1, 2, 3] as [Float]))])
    }
    #expect(graph.parameters["w"]?.tensor.elements == [1, 2, 3])
    #expect(graph.nodes.map(\.opType) == ["Mul"])
  }

  @Test func sharesWeightsThroughIdentity() throws {
    var builder = ModelBuilder.images()
    builder.weights("w", [3, 1, 1], [1, 2, 3])
    builder.node("Identity", ["w"], ["v"])
    builder.node("Mul", ["x", "w"], ["a"])
    builder.node("Mul", ["a", "v"], ["b"])
    builder.output("b", [-1, 3, 4, 4])
    let graph = try builder.graph()
    #expect(graph.nodes.map(\.opType) == ["Mul", "Mul"])
    #expect(graph.parameters["v"]?.tensor == graph.parameters["w"]?.tensor)
  }

  @Test func computesWeightsFromWeights() throws {
    var builder = ModelBuilder()
    builder.input("x", [-1, 2])
    builder.weights("w", [3, 2], [1, 2, 3, 4, 5, 6])
    builder.node("Transpose", ["w"], ["t"], ["perm": [1, 0]])
    builder.node("MatMul", ["x", "t"], ["y"])
    builder.output("y", [-1, 3])
    let graph = try builder.graph()
    #expect(graph.parameters["t"]?.tensor == Tensor([2, 3], [1, 3, 5, 2, 4, 6]))
    #expect(graph.nodes.map(\.opType) == ["MatMul"])
  }

  @Test func saysWhichParametersLearn() throws {
    let graph = try ONNXModel.tinyClassifier().imported()
    let roles = graph.parameters.mapValues(\.role)
    #expect(roles["conv.weight"] == .weight)
    #expect(roles["conv.bias"] == .bias)
    #expect(roles["bn.weight"] == .scale)
    #expect(roles["bn.mean"] == .buffer)
    #expect(graph.parameters.values.allSatisfy { $0.isTrainable == ($0.role != .buffer) })
    #expect(graph.parameterCount == 4 * 27 + 4 + 4 + 4 + 12 + 3)
  }
}

@Suite struct ShapeArithmeticTests {
  private func shapes(_ builder: ModelBuilder) throws -> [Shape?] {
    let graph = try builder.graph()
    return try [1, 5].map { try graph.shapes(batchSize: $0)[graph.outputs[0]] }
  }

  /// `x.view(x.size(0), -1)` of old torch.
  @Test func foldsWhatExportersLeaveBeforeAReshape() throws {
    var builder = ModelBuilder.images()
    builder.node("Shape", ["x"], ["shape"])
    builder.model.graph.initializers.append(ONNXTensor(name: "zero", dimensions: [], ints: [0]))
    builder.node("Gather", ["shape", "zero"], ["count"], ["axis": 0])
    builder.integers("axes", [0])
    builder.node("Unsqueeze", ["count", "axes"], ["counts"])
    builder.integers("rest", [-1])
    builder.node("Concat", ["counts", "rest"], ["target"], ["axis": 0])
    builder.node("Reshape", ["x", "target"], ["y"])
    builder.output("y", [-1, 48])
    #expect(try builder.graph().nodes.map(\.opType) == ["Reshape"])
    #expect(try shapes(builder) == [[1, 48], [5, 48]])
  }

  @Test func freesABatchThatAReshapeFixes() throws {
    var builder = ModelBuilder()
    builder.input("x", [1, 2048, 1, 1])
    builder.integers("target", [1, 2048])
    builder.node("Reshape", ["x", "target"], ["y"])
    builder.output("y", [1, 2048])
    #expect(try shapes(builder) == [[1, 2048], [5, 2048]])
  }
}

extension ONNXModel {
  func imported() throws(GraphError) -> Graph { try Graph(importing: self, registry: .standard) }
}
