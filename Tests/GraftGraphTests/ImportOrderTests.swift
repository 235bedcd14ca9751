import GraftGraph
import GraftONNX
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct ImportOrderTests {
  @Test func sortsNodesThatAreOutOfOrder() throws {
    var builder = ModelBuilder.images()
    builder.node("Sigmoid", ["b"], ["c"])
    builder.node("Tanh", ["a"], ["b"])
    builder.node("Relu", ["x"], ["a"])
    builder.output("c", [-1, 3, 4, 4])
    #expect(try builder.graph().nodes.map(\.opType) == ["Relu", "Tanh", "Sigmoid"])
  }

  @Test func keepsTheOrderOfASortedFile() throws {
    var builder = ModelBuilder.images()
    builder.node("Relu", ["x"], ["a"])
    builder.node("Tanh", ["x"], ["b"])
    builder.node("Add", ["b", "a"], ["c"])
    builder.output("c", [-1, 3, 4, 4])
    #expect(try builder.graph().nodes.map(\.name) == ["a", "b", "c"])
  }

  @Test func namesACycle() {
    var builder = ModelBuilder.images()
    builder.node("Add", ["x", "c"], ["a"])
    builder.node("Relu", ["a"], ["b"])
    builder.node("Relu", ["b"], ["c"])
    builder.output("c", [-1, 3, 4, 4])
    #expect(builder.refusal() == "the graph has a cycle through node 'a'")
  }

  @Test func namesANodeThatReadsItself() {
    var builder = ModelBuilder.images()
    builder.node("Add", ["x", "a"], ["a"])
    builder.output("a", [-1, 3, 4, 4])
    #expect(builder.refusal() == "the graph has a cycle through node 'a'")
  }

  @Test func namesWhatNothingProduces() {
    var builder = ModelBuilder.images()
    builder.node("Relu", ["y"], ["a"])
    builder.output("a", [-1, 3, 4, 4])
    #expect(builder.refusal() == "node 'a' (Relu) reads 'y', which nothing produces")
  }

  @Test func namesAnOutputThatNothingProduces() {
    var builder = ModelBuilder.images()
    builder.node("Relu", ["x"], ["a"])
    builder.output("z", [-1, 3, 4, 4])
    #expect(builder.refusal() == "nothing produces the output 'z'")
  }

  @Test func refusesTwoProducers() {
    var builder = ModelBuilder.images()
    builder.node("Relu", ["x"], ["a"])
    builder.node("Tanh", ["x"], ["a"])
    builder.output("a", [-1, 3, 4, 4])
    #expect(builder.refusal() == "two nodes, inputs or initializers produce 'a'")
  }

  @Test func refusesTwoInitializersOfOneName() {
    var builder = ModelBuilder.images()
    builder.weights("w", [3])
    builder.weights("w", [3])
    builder.output("x", [-1, 3, 4, 4])
    #expect(builder.refusal() == "two initializers are called 'w'")
  }

  @Test func refusesTwoInputsOfOneName() {
    var builder = ModelBuilder.images()
    builder.input("x", [-1, 3, 4, 4])
    builder.output("x", [-1, 3, 4, 4])
    #expect(builder.refusal() == "two inputs are called 'x'")
  }

  @Test func givesNodesOfOneNameNamesOfTheirOwn() throws {
    var builder = ModelBuilder.images()
    for (input, output) in [("x", "a"), ("a", "b"), ("b", "c")] {
      builder.model.graph.nodes.append(
        ONNXNode(name: "same", opType: "Relu", inputs: [input], outputs: [output], attributes: []))
    }
    builder.model.graph.nodes.append(
      ONNXNode(name: "", opType: "Relu", inputs: ["c"], outputs: ["d"], attributes: []))
    builder.output("d", [-1, 3, 4, 4])
    #expect(try builder.graph().nodes.map(\.name) == ["same", "same_2", "same_3", "Relu_3"])
  }

  @Test func dropsWhatNoOutputNeeds() throws {
    var builder = ModelBuilder.images()
    builder.node("Relu", ["x"], ["a"])
    builder.weights("unused", [3, 1, 1])
    builder.node("Mul", ["x", "unused"], ["dead"])
    builder.output("a", [-1, 3, 4, 4])
    let graph = try builder.graph()
    #expect(graph.nodes.map(\.name) == ["a"])
    #expect(graph.parameters.isEmpty)
  }

  @Test func keepsSeveralOutputsOrTheFirst() throws {
    var builder = ModelBuilder.images()
    builder.node("Relu", ["x"], ["a"])
    builder.node("Tanh", ["a"], ["b"])
    builder.node("Sigmoid", ["a"], ["c"])
    builder.output("b", [-1, 3, 4, 4])
    builder.output("c", [-1, 3, 4, 4])
    let graph = try builder.graph()
    #expect(graph.outputs == ["b", "c"])
    #expect(graph.keepingFirstOutput().outputs == ["b"])
    #expect(graph.keepingFirstOutput().nodes.map(\.name) == ["a", "b"])
  }
}
