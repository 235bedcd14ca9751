import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct FreezingTests {
  private let graph: Graph

  init() throws { graph = try ONNXModel.tinyClassifier().imported() }

  private func trainable(_ graph: Graph) -> [String] {
    graph.parameters.filter(\.value.isTrainable).map(\.key).sorted()
  }

  @Test func freezesEverything() { #expect(trainable(graph.frozen()) == []) }

  @Test func thawsAllButBuffers() {
    #expect(
      trainable(graph.frozen().unfrozen()) == [
        "bn.bias", "bn.weight", "conv.bias", "conv.weight", "fc.bias", "fc.weight",
      ])
  }

  @Test func freezesThroughANode() throws {
    #expect(
      trainable(try graph.freezing(through: "conv")) == [
        "bn.bias", "bn.weight", "fc.bias", "fc.weight",
      ])
    #expect(trainable(try graph.freezing(through: "pool")) == ["fc.bias", "fc.weight"])
  }

  @Test func namesANodeThatIsNotThere() {
    let error = #expect(throws: GraphError.self) { try graph.freezing(through: "layer9") }
    #expect(error?.message == "the network has no node 'layer9'; 'graft inspect' lists them")
  }
}

@Suite struct BatchStatisticsEditTests {
  private let graph: Graph

  init() throws { graph = try ONNXModel.tinyClassifier().imported() }

  private func bytes(_ graph: Graph) throws -> [UInt8] {
    try ONNXWriter.bytes(of: graph.exported()).withUnsafeBytes { Array($0) }
  }

  @Test func turnsIntoTheTrainingFormAndBack() throws {
    let training = graph.usingBatchStatistics(true)
    let node = try #require(training.nodes.first { $0.opType == "BatchNormalization" })
    #expect(node.outputs == ["bn", "bn.updated3", "bn.updated4"])
    let model = try training.exported()
    let attributes = try #require(model.graph.nodes.first { $0.opType == node.opType }).attributes
    let trains = attributes.contains { attribute in
      if case .int(1) = attribute.value { attribute.name == "training_mode" } else { false }
    }
    #expect(trains)
    #expect(try bytes(training.usingBatchStatistics(false)) == bytes(graph))
  }

  @Test func changesTheChosenNodesOnly() throws {
    let same = graph.usingBatchStatistics(true) { $0.name != "bn" }
    #expect(try bytes(same) == bytes(graph))
  }

  /// Fresh layers have equal statistics, which exporters write once.
  @Test func givesEachNodeStatisticsOfItsOwn() throws {
    var builder = ModelBuilder()
    builder.input("x", [-1, 3])
    builder.weights("s", [3], in: 0.5...1.5)
    builder.weights("zero", [3], [0, 0, 0])
    builder.weights("v", [3], in: 0.5...1.5)
    builder.node("BatchNormalization", ["x", "s", "zero", "zero", "v"], ["a"])
    builder.node("BatchNormalization", ["a", "s", "zero", "zero", "v"], ["b"])
    builder.output("b", [-1, 3])
    let shared = try builder.model.imported()
    let own = shared.usingBatchStatistics(true)
    let names = own.nodes.flatMap { [$0.inputs[1], $0.inputs[3], $0.inputs[4]] }
    #expect(Set(names).count == 6)
    let images = Tensor.images([4, 3])
    #expect(
      try NaiveExecutor.output(of: own.usingBatchStatistics(false), images)
        == NaiveExecutor.output(of: shared, images))
  }
}

@Suite struct OwnParametersTests {
  @Test func separatesWhatTwoNodesShare() throws {
    var builder = ModelBuilder()
    builder.input("x", [-1, 3])
    builder.weights("w", [3, 3])
    builder.node("MatMul", ["x", "w"], ["a"])
    builder.node("MatMul", ["a", "w"], ["b"])
    builder.output("b", [-1, 3])
    let shared = try builder.model.imported()
    let own = shared.givingNodesOwnParameters()
    #expect(own.nodes.map { $0.inputs[1] } == ["w.a", "w"])
    #expect(own.parameters["w.a"]?.tensor == own.parameters["w"]?.tensor)
    #expect(own.parameters["w.a"]?.role == .weight)
    #expect(own.givingNodesOwnParameters().parameters.count == 2)
  }

  /// The copy's name may be that of a value already.
  @Test func takesNoNameThatIsInUse() throws {
    var builder = ModelBuilder()
    builder.input("x", [-1, 3])
    builder.weights("w", [3, 3])
    builder.node("MatMul", ["x", "w"], ["a"])
    builder.node("Relu", ["a"], ["w.a"])
    builder.node("MatMul", ["w.a", "w"], ["b"])
    builder.output("b", [-1, 3])
    let shared = try builder.model.imported()
    let own = shared.givingNodesOwnParameters()
    #expect(own.nodes.map(\.inputs) == [["x", "w.a_"], ["a"], ["w.a", "w"]])
    let images = Tensor.images([4, 3])
    #expect(
      try NaiveExecutor.output(of: own, images) == NaiveExecutor.output(of: shared, images))
  }

  /// One node that reads a parameter twice shares it with nobody.
  @Test func leavesTogetherWhatOneNodeReadsTwice() throws {
    var builder = ModelBuilder()
    builder.input("x", [-1, 3])
    builder.weights("w", [3])
    builder.node("Sum", ["x", "w", "w"], ["a"])
    builder.node("Mul", ["a", "w"], ["b"])
    builder.output("b", [-1, 3])
    let own = try builder.model.imported().givingNodesOwnParameters()
    #expect(own.nodes.map(\.inputs) == [["x", "w.a", "w.a"], ["a", "w"]])
  }
}

@Suite struct SplittingTests {
  @Test func theTwoPartsTogetherAreTheWhole() throws {
    let graph = try ONNXModel.tinyClassifier().imported()
    let (backbone, head) = try graph.split(at: "flat")
    #expect(backbone.outputs == ["flat"])
    #expect(head.inputs == [GraphInput(name: "flat", imageShape: [4])])
    #expect(head.nodes.map(\.name) == ["logits"])
    #expect(Set(head.parameters.keys) == ["fc.weight", "fc.bias"])
    let images = Tensor.images([2, 3, 8, 8])
    let whole = try NaiveExecutor.output(of: graph, images)
    let features = try NaiveExecutor.output(of: backbone, images)
    #expect(try NaiveExecutor.output(of: head, features) == whole)
    #expect(try NaiveExecutor.output(of: backbone.followed(by: head), images) == whole)
  }

  @Test func refusesAValueThatDoesNotCarryEverything() throws {
    var builder = ModelBuilder.images()
    builder.node("Relu", ["x"], ["a"])
    builder.node("Tanh", ["a"], ["b"])
    builder.node("Add", ["a", "b"], ["c"])
    builder.output("c", [-1, 3, 4, 4])
    let graph = try builder.graph()
    let error = #expect(throws: GraphError.self) { try graph.split(at: "b") }
    #expect(
      error?.message == "the network cannot be cut at 'b': node 'a' also reads 'x'")
  }

  @Test func namesAValueThatIsNotThere() throws {
    let graph = try ONNXModel.tinyClassifier().imported()
    let error = #expect(throws: GraphError.self) { try graph.split(at: "nowhere") }
    #expect(error?.message == "the network has no value 'nowhere'")
  }
}

@Suite struct OutputActivationTests {
  @Test(arguments: ["Softmax", "LogSoftmax"]) func setsAsideAFinalSoftmax(_ opType: String) throws {
    var builder = ModelBuilder()
    builder.input("x", [-1, 4])
    builder.weights("w", [4, 3])
    builder.node("MatMul", ["x", "w"], ["logits"])
    builder.node(opType, ["logits"], ["y"], ["axis": 1])
    builder.output("y", [-1, 3])
    let graph = try builder.graph()
    #expect(graph.outputActivation == (opType == "Softmax" ? .softmax : .logSoftmax))
    #expect(graph.endingInLogits().outputs == ["logits"])
    #expect(graph.endingInLogits().nodes.map(\.opType) == ["MatMul"])
    #expect(graph.endingInLogits().outputActivation == .none)
  }
}
