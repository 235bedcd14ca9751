import GraftGraph
import GraftONNX
import GraftTensor
import GraftTestSupport
import Testing

/// Networks of 8-bit integers, which become floats while they are read. Whole ones against ONNX
/// Runtime: `ImportedFormsTests`.
@Suite struct QuantizationTests {
  private func builder() -> ModelBuilder { ModelBuilder.images(opset: 13) }

  @Test func weightsAreFloatsForEachChannel() throws {
    var builder = builder()
    builder.bytes("q", [2, 3, 1, 1], [-128, 0, 127, 1, 2, 3])
    builder.weights("s", [2], [0.5, 0.25])
    builder.bytes("z", [2], [1, -1])
    builder.node("DequantizeLinear", ["q", "s", "z"], ["w"], ["axis": 0])
    builder.node("Conv", ["x", "w"], ["y"])
    builder.output("y", [-1, 2, 4, 4])
    let graph = try builder.graph()
    #expect(graph.nodes.map(\.opType) == ["Conv"])
    let weights = try #require(graph.parameters["w"])
    #expect(weights.tensor == Tensor([2, 3, 1, 1], [-64.5, -0.5, 63, 0.5, 0.75, 1]))
    #expect(weights.isTrainable && weights.role == .weight)
    #expect(
      graph.notes == [
        "the file is quantised: 1 tensor of integers became floats, which can learn; answers differ a "
          + "little from those of the integers"
      ])
  }

  /// Old files list initializers among the inputs; integers that nobody reads any more are no photos.
  @Test func integersListedAsInputsAreNone() throws {
    var builder = builder()
    builder.bytes("q", [2, 3, 1, 1], [-128, 0, 127, 1, 2, 3])
    builder.weights("s", [], [0.5])
    builder.input("q", [2, 3, 1, 1])
    builder.node("DequantizeLinear", ["q", "s"], ["w"])
    builder.node("Conv", ["x", "w"], ["y"])
    builder.output("y", [-1, 2, 4, 4])
    let graph = try builder.graph()
    #expect(graph.inputs.map(\.name) == ["x"])
    #expect(graph.parameters["w"]?.tensor == Tensor([2, 3, 1, 1], [-64, 0, 63.5, 0.5, 1, 1.5]))
  }

  @Test func refusesScalesThatAreEmpty() {
    var builder = builder()
    builder.bytes("q", [2, 3, 1, 1], [-128, 0, 127, 1, 2, 3])
    builder.weights("s", [0], [])
    builder.node("DequantizeLinear", ["q", "s"], ["w"], ["axis": 0])
    builder.node("Conv", ["x", "w"], ["y"])
    builder.output("y", [-1, 2, 4, 4])
    #expect(
      throws: GraphError(
        "node 'w' (DequantizeLinear): the scale of tensor 'q' is empty")
    ) { try builder.graph() }
  }

  @Test func refusesPairsThatDoNotAgree() {
    var builder = builder()
    for (name, scale) in [("s", Float(0.1)), ("t", 0.2)] { builder.weights(name, [], [scale]) }
    builder.bytes("z", [], [0])
    builder.node("QuantizeLinear", ["x", "s", "z"], ["q"])
    builder.node("MaxPool", ["q"], ["p"], ["kernel_shape": [2, 2]])
    builder.node("DequantizeLinear", ["p", "t", "z"], ["y"])
    builder.output("y", [-1, 3, 3, 3])
    #expect(
      throws: GraphError(
        "node 'y' (DequantizeLinear): 'p' was quantised with scale 0.1 and zero point 0, and is read "
          + "with scale 0.2 and zero point 0; graft leaves out pairs that agree")
    ) { try builder.graph() }
  }

  @Test func refusesCyclesOfPairs() {
    var builder = builder()
    builder.weights("s", [], [0.1])
    builder.bytes("z", [], [0])
    builder.node("QuantizeLinear", ["a", "s", "z"], ["b"])
    builder.node("DequantizeLinear", ["b", "s", "z"], ["a"])
    builder.node("Relu", ["a"], ["y"])
    builder.output("y", [-1, 3, 4, 4])
    #expect(
      throws: GraphError("node 'a' (DequantizeLinear): the network has a cycle through 'a'")
    ) { try builder.graph() }
  }

  /// Operators of others that are only called so are refused like any that graft does not have.
  @Test func leavesOthersOperatorsAlone() {
    var model = ModelBuilder.images(opset: 13)
    model.node("Relu", ["x"], ["y"])
    model.output("y", [-1, 3, 4, 4])
    var file = model.model
    file.graph.nodes[0].opType = "QLinearConv"
    file.graph.nodes[0].domain = "example.org"
    let error = #expect(throws: GraphError.self) { try file.imported() }
    #expect(error?.message.hasPrefix("operator 'example.org.QLinearConv' ") == true)
  }

  /// x → Q → DQ → Conv → Q → DQ, with ranges that begin at these zero points.
  private func pair(zeroPoint: Int8?, scale: Float = 0.1, relu: Bool = false) -> ModelBuilder {
    var builder = builder()
    builder.weights("s", [], [0.02])
    builder.bytes("z", [], [-128])
    builder.node("QuantizeLinear", ["x", "s", "z"], ["xq"])
    builder.node("DequantizeLinear", ["xq", "s", "z"], ["xf"])
    builder.bytes("wq", [2, 3, 1, 1], [-3, 5, 7, 9, -11, 13])
    builder.weights("ws", [], [0.125])
    builder.node("DequantizeLinear", ["wq", "ws"], ["w"])
    builder.node("Conv", ["xf", "w"], ["conv"])
    if relu { builder.node("Relu", ["conv"], ["relu"]) }
    builder.weights("ys", [], [scale])
    var ends = [relu ? "relu" : "conv", "ys"]
    if let zeroPoint {
      builder.bytes("yz", [], [zeroPoint])
      ends.append("yz")
    }
    builder.node("QuantizeLinear", ends, ["yq"])
    builder.node("DequantizeLinear", ["yq"] + ends.dropFirst(), ["y"])
    builder.output("y", [-1, 2, 4, 4])
    return builder
  }

  @Test(arguments: [
    (Int8(3), Float(0.1), false, ["Conv"]),
    // The range begins at zero: a Relu was there. Its input is a photo's: none is put before it.
    (-128, 0.1, false, ["Conv", "Relu"]),
    (nil, 0.1, false, ["Conv", "Relu"]),
    // 255 · 0.0235 = 5.99
    (-128, 0.0235, false, ["Conv", "Clip"]),
    (-128, 0.1, true, ["Conv", "Relu"]),
    (-128, 0.0235, true, ["Conv", "Relu"]),
  ])
  func putsBackTheReluThatARangeStandsFor(
    _ zeroPoint: Int8?, _ scale: Float, _ relu: Bool, _ expected: [String]
  ) throws {
    let graph = try pair(zeroPoint: zeroPoint, scale: scale, relu: relu).graph()
    #expect(graph.nodes.map(\.opType) == expected)
    #expect(graph.outputs == ["y"])
    #expect(graph.nodes.last?.outputs == ["y"])
    let x = Tensor.images([2, 3, 4, 4])
    let y = try NaiveExecutor.output(of: graph, x)
    #expect((y.elements.min() ?? 0 < 0) == (expected == ["Conv"]))
  }

  @Test func leavesActivationsThatNeverAreNegative() throws {
    var builder = builder()
    builder.node("Sigmoid", ["x"], ["a"])
    builder.node("MaxPool", ["a"], ["b"], ["kernel_shape": [2, 2]])
    builder.node("Concat", ["b", "b"], ["c"], ["axis": 1])
    builder.weights("s", [], [0.1])
    builder.node("QuantizeLinear", ["c", "s"], ["q"])
    builder.node("DequantizeLinear", ["q", "s"], ["y"])
    builder.output("y", [-1, 6, 3, 3])
    let graph = try builder.graph()
    #expect(graph.nodes.map(\.opType) == ["Sigmoid", "MaxPool", "Concat"])
    #expect(graph.outputs == ["y"])
  }

  @Test func outputsThatStandForOneValueKeepTheirNames() throws {
    var builder = builder()
    builder.node("Neg", ["x"], ["a"])
    builder.weights("s", [], [0.1])
    builder.bytes("z", [], [0])
    builder.node("QuantizeLinear", ["a", "s", "z"], ["q"])
    builder.node("DequantizeLinear", ["q", "s", "z"], ["y"])
    builder.node("DequantizeLinear", ["q", "s", "z"], ["z1"])
    for name in ["y", "z1", "a"] { builder.output(name, [-1, 3, 4, 4]) }
    let graph = try builder.graph()
    #expect(graph.outputs == ["y", "z1", "a"])
    let values = try NaiveExecutor.values(of: graph, Tensor.images([2, 3, 4, 4]))
    #expect(values["y"] == values["a"] && values["z1"] == values["a"])
  }

  @Test func biasesHaveTheProductOfTheScales() throws {
    var builder = builder()
    for (name, scale) in [("xs", Float(0.5)), ("ys", 0.1)] { builder.weights(name, [], [scale]) }
    builder.weights("ws", [2], [0.25, 0.125])
    builder.bytes("z", [], [0])
    builder.bytes("wq", [2, 3, 1, 1], [1, 2, 3, 4, 5, 6])
    builder.integers32("bq", [2], [8, -8])
    builder.node("QuantizeLinear", ["x", "xs", "z"], ["xq"])
    builder.node(
      "QLinearConv", ["xq", "xs", "z", "wq", "ws", "z", "ys", "z", "bq"], ["yq"],
      ["kernel_shape": [1, 1]])
    builder.node("DequantizeLinear", ["yq", "ys", "z"], ["y"])
    builder.output("y", [-1, 2, 4, 4])
    let graph = try builder.graph()
    #expect(graph.nodes.map(\.opType) == ["Conv"])
    #expect(graph.nodes[0].inputs == ["x", "wq.yq.float", "bq.yq.float"])
    #expect(
      graph.parameters["wq.yq.float"]?.tensor.elements == [0.25, 0.5, 0.75, 0.5, 0.625, 0.75])
    #expect(graph.parameters["bq.yq.float"]?.tensor.elements == [1, -0.5])
  }

  @Test func columnsOfAProductHaveScalesOfTheirOwn() throws {
    var builder = builder()
    for (name, scale) in [("xs", Float(0.5)), ("ys", 0.1)] { builder.weights(name, [], [scale]) }
    builder.weights("bs", [2], [0.5, 0.25])
    builder.bytes("z", [], [0])
    builder.bytes("b", [4, 2], [1, 2, 3, 4, 5, 6, 7, 8])
    builder.node("QuantizeLinear", ["x", "xs", "z"], ["xq"])
    builder.node("QLinearMatMul", ["xq", "xs", "z", "b", "bs", "z", "ys", "z"], ["yq"])
    builder.node("DequantizeLinear", ["yq", "ys", "z"], ["y"])
    builder.output("y", [-1, 3, 4, 2])
    let graph = try builder.graph()
    #expect(graph.nodes.map(\.opType) == ["MatMul"])
    #expect(
      graph.parameters["b.yq.float"]?.tensor
        == Tensor([4, 2], [0.5, 0.5, 1.5, 1, 2.5, 1.5, 3.5, 2]))
  }

  /// ONNX Runtime's own operators, on values x and its negative a; inputs after them and attributes
  /// as there.
  @Test(
    arguments: [
      ("QLinearAdd", ["x", "s", "z", "a", "s", "z", "s", "z"], [:], "Add"),
      ("QLinearMul", ["x", "s", "z", "a", "s", "z", "s", "z"], [:], "Mul"),
      ("QLinearConcat", ["s", "z", "x", "s", "z", "a", "s", "z"], ["axis": 1], "Concat"),
      ("QLinearLeakyRelu", ["x", "s", "z", "s", "z"], ["alpha": .float(0.25)], "LeakyRelu"),
      ("QLinearSigmoid", ["x", "s", "z", "s", "z"], [:], "Sigmoid"),
      (
        "QLinearAveragePool", ["x", "s", "z", "s", "z"],
        ["kernel_shape": [2, 2], "channels_last": 0],
        "AveragePool"
      ),
      (
        "QLinearGlobalAveragePool", ["x", "s", "z", "s", "z"], ["channels_last": 0],
        "GlobalAveragePool"
      ),
    ] as [(String, [String], [String: ONNXAttribute.Value], String)])
  func integerOperatorsBecomeWhatTheyApproximate(
    _ opType: String, _ inputs: [String], _ attributes: [String: ONNXAttribute.Value],
    _ expected: String
  ) throws {
    func graph(_ opType: String, _ inputs: [String], _ domain: String) throws -> Graph {
      var builder = builder()
      builder.weights("s", [], [0.1])
      builder.bytes("z", [], [3])
      builder.node("Neg", ["x"], ["a"])
      var attributes = attributes
      if domain.isEmpty { attributes["channels_last"] = nil }
      builder.node(opType, inputs, ["y"], attributes)
      builder.model.graph.nodes[1].domain = domain
      builder.output("y", [-1, 3, 4, 4])
      return try builder.graph()
    }
    let found = try graph(opType, inputs, "com.microsoft")
    let plain = try graph(expected, inputs.filter { ["x", "a"].contains($0) }, "")
    #expect(found.nodes.map(\.opType).last == expected)
    let images = Tensor.images([2, 3, 4, 4])
    #expect(
      try NaiveExecutor.output(of: found, images) == NaiveExecutor.output(of: plain, images))
  }

  @Test func refusesNetworksThatAreQuantisedWhileTheyRun() {
    var builder = builder()
    builder.node("DynamicQuantizeLinear", ["x"], ["q", "s", "z"])
    builder.output("q", [-1, 3, 4, 4])
    let error = #expect(throws: GraphError.self) { try builder.graph() }
    #expect(
      error?.description == """
        node 'q' (DynamicQuantizeLinear): a network that is quantised while it runs has no ranges \
        that graft could leave out
          Use the float network that it was made from, or one quantised statically (QDQ).
        """)
  }

  @Test func refusesIntegerOperatorsItDoesNotKnow() {
    var builder = builder()
    builder.node("QLinearSoftmax", ["x", "s", "z", "s", "z"], ["y"])
    builder.model.graph.nodes[0].domain = "com.microsoft"
    builder.output("y", [-1, 3, 4, 4])
    let error = #expect(throws: GraphError.self) { try builder.graph() }
    #expect(
      error?.description == """
        node 'y' (QLinearSoftmax): graft does not know which float operator this approximates
          Use the float network that the file was made from.
        """)
  }

  @Test func refusesScalesThatDoNotFit() {
    var builder = builder()
    builder.bytes("q", [2, 3, 1, 1], [1, 2, 3, 4, 5, 6])
    builder.weights("s", [3], [0.5, 0.25, 1])
    builder.node("DequantizeLinear", ["q", "s"], ["w"], ["axis": 0])
    builder.node("Conv", ["x", "w"], ["y"])
    builder.output("y", [-1, 2, 4, 4])
    #expect(
      builder.refusal()
        == "node 'w' (DequantizeLinear): tensor 'q' of shape [2, 3, 1, 1] has 3 scales along axis 0; "
        + "expected one, or one for each place there")
    builder.model.graph.initializers.removeAll { $0.name == "s" }
    builder.node("Neg", ["x"], ["s"])
    #expect(
      builder.refusal()
        == "node 'w' (DequantizeLinear): 's' is computed at run time; graft needs a constant scale "
        + "there")
  }

  @Test func refusesPhotosOfIntegers() {
    var builder = pair(zeroPoint: 0)
    builder.model.graph.inputs[0].elementType = .uint8
    #expect(builder.refusal() == "input 'x' has type uint8; graft feeds float images")
  }
}

extension ModelBuilder {
  fileprivate mutating func bytes(_ name: String, _ dimensions: [Int], _ values: [Int8]) {
    let bytes = values.withUnsafeBytes { ONNXBytes(copying: $0) }
    model.graph.initializers.append(
      ONNXTensor(name: name, elementType: .int8, dimensions: dimensions, bytes: bytes))
  }

  fileprivate mutating func integers32(_ name: String, _ dimensions: [Int], _ values: [Int32]) {
    let bytes = values.withUnsafeBytes { ONNXBytes(copying: $0) }
    model.graph.initializers.append(
      ONNXTensor(name: name, elementType: .int32, dimensions: dimensions, bytes: bytes))
  }
}
