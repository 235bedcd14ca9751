import GraftGraph
import GraftKernels
import GraftNetworks
import GraftONNX
import GraftTensor
import Testing

@Suite struct GraphBuilderTests {
  private func error(
    input: Shape = [3, 8, 8],
    _ build: (inout GraphBuilder) -> GraphBuilder.Value
  ) -> String? {
    var net = GraphBuilder(name: "bad", input: input)
    let output = build(&net)
    return #expect(throws: GraphError.self) { try net.graph(output: output) }?.message
  }

  @Test func whatDoesNotFitIsNamed() {
    #expect(
      error { $0.conv($0.input, outputs: 4, kernel: 9, name: "big") }
        == "layer 'big' (Conv): the window spans 9 pixels of height; the input has 8 and 0 + 0 of padding"
    )
    #expect(
      error { $0.conv($0.input, outputs: 0, kernel: 3) }
        == "layer 'conv.weight' (weights): their shape would be [0, 3, 3, 3]; expected 1 or more each"
    )
    #expect(
      error { $0.maxPool($0.input, kernel: 2, stride: 0) }
        == "layer 'pool' (MaxPool): attribute strides is [0, 0]; expected 1 to 16777216 each")
    #expect(
      error { $0.dropout($0.input, ratio: 1) }
        == "layer 'dropout' (Dropout): ratio is 1.0; expected at least 0 and less than 1")
    #expect(
      error { $0.node("Sinh", [$0.input]) } == "layer 'sinh' (Sinh): graft has no such operator")
    #expect(
      error { $0.node("Relu", [$0.input], attributes: ["slope": .float(1)]) }
        == "layer 'relu' (Relu): attribute slope is unknown")
  }

  @Test func theFirstMistakeIsTold() {
    #expect(
      error {
        let x = $0.maxPool($0.input, kernel: 9, stride: 1, name: "first")
        return $0.gemm($0.flatten($0.conv(x, outputs: -1, kernel: 0)), outputs: 2)
      }
        == "layer 'first' (MaxPool): the window spans 9 pixels of height; the input has 8 and 0 + 0 of padding"
    )
  }

  @Test func namesAreUnique() throws {
    var net = GraphBuilder(name: "n", input: [4])
    var x = net.input
    for name in ["relu", nil, nil, "input", "relu_2"] { x = net.relu(x, name: name) }
    let names = try net.graph(output: x).nodes.map(\.name)
    #expect(names == ["relu", "relu_2", "relu_3", "input_1", "relu_2_2"])
  }

  @Test func whatNobodyNeedsIsDropped() throws {
    var net = GraphBuilder(name: "n", input: [4])
    let y = net.gemm(net.input, outputs: 2, name: "kept")
    _ = net.gemm(net.input, outputs: 3, name: "dropped")
    let graph = try net.graph(output: y)
    #expect(graph.nodes.map(\.name) == ["kept"])
    #expect(graph.parameters.keys.sorted() == ["kept.bias", "kept.weight"])
  }

  /// Mean and variance of many numbers against the formula; the bounds are five standard errors.
  @Test(
    arguments: [(.he, 2.0 / 400), (.glorot, 2.0 / 1000), (.normal(0.5), 0.25), (.zero, 0)]
      as [(Initialization, Double)])
  func weightsBeginAsTheFormulaSays(_ how: Initialization, _ variance: Double) throws {
    var net = GraphBuilder(name: "n", input: [400], initialization: how)
    let graph = try net.graph(output: net.gemm(net.input, outputs: 600, name: "layer"))
    let weights = try #require(graph.parameters["layer.weight"]?.tensor.elements).map(Double.init)
    let count = Double(weights.count)
    let mean = weights.reduce(0, +) / count
    let found = weights.reduce(0) { $0 + $1 * $1 } / count
    #expect(abs(mean) <= 5 * (variance / count).squareRoot())
    #expect(abs(found - variance) <= 5 * variance * (2 / count).squareRoot())
  }
}
