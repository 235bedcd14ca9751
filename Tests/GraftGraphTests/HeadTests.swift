import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct HeadTests {
  private func features(_ prepare: (inout ModelBuilder) -> Void) throws(GraphError) -> Graph {
    var builder = ModelBuilder()
    builder.input("x", [-1, 6])
    prepare(&builder)
    return try builder.graph()
  }

  private func outputShape(_ graph: Graph) throws -> Shape? {
    try graph.shapes(batchSize: 2)[graph.outputs[0]]
  }

  @Test func findsAndReplacesAGemm() throws {
    let graph = try ONNXModel.tinyClassifier().imported()
    let cut = try graph.headCut()
    #expect(cut.nodeName == "logits")
    #expect(cut.opType == "Gemm")
    #expect(cut.features == "flat")
    #expect(cut.featureShape == [4])
    #expect(cut.classes == 3)
    let replaced = try graph.replacingHead(classes: 7)
    #expect(try outputShape(replaced) == [2, 7])
    #expect(replaced.parameters["fc.weight"]?.tensor.shape == [7, 4])
    #expect(replaced.parameters["fc.bias"]?.tensor == Tensor([7]))
    #expect(replaced.parameters["conv.weight"]?.tensor == graph.parameters["conv.weight"]?.tensor)
  }

  @Test func drawsTheSameHeadFromTheSameSeed() throws {
    let graph = try ONNXModel.tinyClassifier().imported()
    let heads = try [1, 1, 2].map {
      try graph.replacingHead(classes: 5, seed: $0).parameters["fc.weight"]?.tensor
    }
    #expect(heads[0] == heads[1])
    #expect(heads[0] != heads[2])
  }

  @Test func replacesAMatMulWithItsBias() throws {
    let graph = try features {
      $0.weights("w", [6, 10])
      $0.weights("b", [10])
      $0.node("MatMul", ["x", "w"], ["product"])
      $0.node("Add", ["product", "b"], ["y"])
      $0.output("y", [-1, 10])
    }
    #expect(try graph.headCut().features == "x")
    let replaced = try graph.replacingHead(classes: 4)
    #expect(replaced.parameters["w"]?.tensor.shape == [6, 4])
    #expect(replaced.parameters["b"]?.tensor == Tensor([4]))
    #expect(try outputShape(replaced) == [2, 4])
  }

  /// SqueezeNet's head: the Relu goes, since scores that start below zero would never learn, and
  /// the average comes first, with the same answers.
  @Test func replacesAConvolutionAndItsRelu() throws {
    var builder = ModelBuilder.images()
    builder.weights("w", [10, 3, 1, 1])
    builder.weights("b", [10])
    builder.node("Conv", ["x", "w", "b"], ["conv"])
    builder.node("Relu", ["conv"], ["relu"])
    builder.node("GlobalAveragePool", ["relu"], ["pool"])
    builder.node("Flatten", ["pool"], ["y"])
    builder.output("y", [-1, 10])
    let graph = try builder.graph()
    #expect(try graph.headCut().featureShape == [3, 4, 4])
    let replaced = try graph.replacingHead(classes: 2)
    #expect(replaced.nodes.map(\.opType) == ["GlobalAveragePool", "Conv", "Flatten"])
    #expect(try replaced.headCut().featureShape == [3, 1, 1])
    #expect(try outputShape(replaced) == [2, 2])

    var averagedLast = graph
    averagedLast.nodes.removeAll { $0.opType == "Relu" }
    averagedLast.nodes[1].inputs = ["conv"]
    averagedLast.parameters = replaced.parameters
    let images = Tensor.images([2, 3, 4, 4])
    let (a, b) = (
      try NaiveExecutor.output(of: replaced, images).elements,
      try NaiveExecutor.output(of: averagedLast, images).elements
    )
    #expect(relativeDifference(a, b) < 1e-6)
  }

  /// A Softmax is set aside although a Flatten passes it on.
  @Test func setsASoftmaxAsideThatIsNotTheLastNode() throws {
    var builder = ModelBuilder.images()
    builder.weights("w", [10, 3, 1, 1])
    builder.node("Conv", ["x", "w"], ["conv"])
    builder.node("GlobalAveragePool", ["conv"], ["pool"])
    builder.node("Flatten", ["pool"], ["scores"])
    builder.node("Softmax", ["scores"], ["softmax"])
    builder.node("Identity", ["softmax"], ["same"])
    builder.node("Flatten", ["same"], ["y"])
    builder.output("y", [-1, 10])
    let graph = try builder.graph()
    #expect(graph.outputActivation == .softmax)
    let logits = graph.endingInLogits()
    #expect(!logits.nodes.contains { $0.opType == "Softmax" })
    #expect(try outputShape(logits) == [2, 10])
  }

  /// ONNX allows C of Gemm to be a single number: no class axis, so it stays.
  @Test func keepsAScalarBehindAGemm() throws {
    let graph = try features {
      $0.weights("w", [6, 5])
      $0.weights("c", [])
      $0.node("Gemm", ["x", "w", "c"], ["y"])
      $0.output("y", [-1, 5])
    }
    let replaced = try graph.replacingHead(classes: 3)
    #expect(try outputShape(replaced) == [2, 3])
    #expect(replaced.parameters["c"]?.tensor.shape == [])
  }

  @Test func fitsAReshapeThatNamesTheClasses() throws {
    var builder = ModelBuilder.images()
    builder.weights("w", [10, 3, 1, 1])
    builder.node("Conv", ["x", "w"], ["conv"])
    builder.node("GlobalAveragePool", ["conv"], ["pool"])
    builder.integers("shape", [-1, 10])
    builder.node("Reshape", ["pool", "shape"], ["y"])
    builder.output("y", [-1, 10])
    #expect(try outputShape(builder.graph().replacingHead(classes: 4)) == [2, 4])
  }

  /// The last weights of a GoogLeNet's file may be those of an auxiliary classifier.
  @Test func takesTheHeadOfTheFirstOutput() throws {
    let graph = try features {
      $0.weights("w1", [6, 5])
      $0.weights("w2", [6, 5])
      $0.node("MatMul", ["x", "w1"], ["main"])
      $0.node("MatMul", ["x", "w2"], ["side"])
      $0.output("main", [-1, 5])
      $0.output("side", [-1, 5])
    }
    #expect(try graph.headCut().nodeName == "main")
    let replaced = try graph.replacingHead(classes: 3)
    #expect(replaced.outputs == ["main"])
    #expect(try outputShape(replaced) == [2, 3])
  }

  /// Exporters write equal constants once.
  @Test func leavesABiasAloneThatOthersUseToo() throws {
    let graph = try features {
      $0.weights("w1", [5, 6])
      $0.weights("w2", [5, 5])
      $0.weights("b", [5], [1, 2, 3, 4, 5])
      $0.node("Gemm", ["x", "w1", "b"], ["hidden"], ["transB": 1])
      $0.node("Gemm", ["hidden", "w2", "b"], ["y"], ["transB": 1])
      $0.output("y", [-1, 5])
    }
    let replaced = try graph.replacingHead(classes: 3)
    #expect(try outputShape(replaced) == [2, 3])
    #expect(replaced.parameters["b"]?.tensor.elements == [1, 2, 3, 4, 5])
  }

  @Test func leavesConstantsBesideTheHeadAlone() throws {
    let graph = try features {
      $0.weights("w", [6, 4])
      $0.weights("scale", [4])
      $0.weights("shift", [4], [1, 2, 3, 4])
      $0.node("MatMul", ["x", "w"], ["logits"])
      $0.node("Mul", ["logits", "scale"], ["scaled"])
      $0.node("Add", ["scaled", "shift"], ["y"])
      $0.output("y", [-1, 4])
    }
    let replaced = try graph.replacingHead(classes: 3)
    #expect(replaced.parameters["scale"]?.tensor.elements == [1, 1, 1])
    #expect(replaced.parameters["shift"]?.tensor.elements == [0, 0, 0])
  }

  @Test func refusesNetworksWithoutWeights() throws {
    let graph = try features {
      $0.node("Relu", ["x"], ["y"])
      $0.output("y", [-1, 6])
    }
    let error = #expect(throws: GraphError.self) { try graph.headCut() }
    #expect(
      error?.message == "the network has no weights to replace: no Conv, Gemm or MatMul")
  }
}
