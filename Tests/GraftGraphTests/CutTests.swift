import GraftGraph
import GraftONNX
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct CutTests {
  /// Two convolutions, the second within a residual block, and a fully connected layer on all pixels.
  private func network() throws(GraphError) -> Graph {
    var builder = ModelBuilder()
    builder.input("x", [-1, 3, 6, 6])
    builder.weights("w1", [4, 3, 3, 3])
    builder.node("Conv", ["x", "w1"], ["conv1"], ["pads": [1, 1, 1, 1]])
    builder.node("Relu", ["conv1"], ["/stem/relu"])
    builder.weights("w2", [4, 4, 3, 3])
    builder.node("Conv", ["/stem/relu", "w2"], ["conv2"], ["pads": [1, 1, 1, 1]])
    builder.node("Add", ["conv2", "/stem/relu"], ["sum"])
    builder.node("MaxPool", ["sum"], ["pool"], ["kernel_shape": [2, 2], "strides": [2, 2]])
    builder.node("Flatten", ["pool"], ["flat"])
    builder.weights("fc", [5, 36])
    builder.node("Gemm", ["flat", "fc"], ["y"], ["transB": 1])
    builder.output("y", [-1, 5])
    return try builder.graph()
  }

  @Test func listsWhereLayersMeet() throws {
    let cuts = try network().cuts()
    #expect(cuts.map(\.nodeName) == ["/stem/relu", "pool", "flat"])
    #expect(cuts.map(\.opType) == ["Relu", "MaxPool", "Flatten"])
    #expect(cuts.map(\.shape) == [[4, 6, 6], [4, 3, 3], [36]])
    #expect(cuts.map(\.parameterCount) == [108, 252, 252])
    // 2 · 9 · 3 · 144 of the first convolution and 144 of its Relu.
    #expect(cuts[0].floatingPointOperations == 7776 + 144)
  }

  @Test(
    arguments: [
      ("conv1", "conv1"), ("stem", "/stem/relu"), ("/stem/relu", "/stem/relu"), ("sum", "sum"),
      ("pool", "pool"),
    ])
  func findsAPlaceByName(_ name: String, _ value: String) throws {
    #expect(try network().cut(behind: name).value == value)
  }

  @Test func refusesPlacesThatOtherValuesPassBy() throws {
    #expect(
      throws: GraphError(
        "the network cannot be cut behind 'conv2' (Conv): other values pass it by",
        hints: ["The nearest places: '/stem/relu' before it, 'sum' behind it."])
    ) { try network().cut(behind: "conv2") }
    #expect(throws: GraphError("the network has no node 'layer9' to cut behind")) {
      try network().cut(behind: "layer9")
    }
  }
}
