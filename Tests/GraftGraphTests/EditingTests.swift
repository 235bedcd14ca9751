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
