import GraftGraph
import GraftONNX
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct ImportRefusalTests {
  @Test func namesAnUnknownOperator() throws {
    var builder = ModelBuilder.images(opset: 12)
    builder.node("LSTM", ["x"], ["rnn_3"])
    builder.output("rnn_3", [-1, 3])
    let error = #expect(throws: GraphError.self) { try builder.graph() }
    #expect(
      error?.description == """
        operator 'LSTM' (node 'rnn_3', opset 12) is not supported.
          graft trains convolutional classifiers; 'graft inspect' shows the graph.
        """)
  }

  @Test func listsAllUnknownOperatorsWithCounts() {
    var builder = ModelBuilder.images()
    builder.node("LSTM", ["x"], ["a"])
    builder.node("LSTM", ["x"], ["b"])
    builder.node("Einsum", ["a", "b"], ["c"])
    builder.output("c", [-1, 3])
    #expect(
      builder.refusal()
        == "operators not supported (opset 17): LSTM (2, first 'a'), Einsum (1, first 'c').")
  }

  @Test func namesAtMostEightUnknownOperators() {
    var builder = ModelBuilder.images()
    for index in 0..<11 { builder.node("Odd\(index)", ["x"], ["y\(index)"]) }
    builder.output("y0", [-1, 3])
    #expect(builder.refusal()?.hasSuffix("Odd7 (1, first 'y7') and 3 more.") == true)
  }

  @Test func namesTheDomainOfForeignOperators() {
    var builder = ModelBuilder.images()
    builder.node("Relu", ["x"], ["a"])
    builder.model.graph.nodes[0].domain = "com.microsoft"
    builder.output("a", [-1, 3, 4, 4])
    #expect(
      builder.refusal()
        == "operator 'com.microsoft.Relu' (node 'a', opset 17) is not supported.")
  }

  @Test func refusesAttributesItDoesNotKnow() {
    var builder = ModelBuilder.images()
    builder.node("Relu", ["x"], ["a"], ["slope": 3])
    builder.output("a", [-1, 3, 4, 4])
    #expect(
      builder.refusal()
        == "node 'a' (Relu, opset 17): attribute slope is not one graft knows; it would not be "
        + "computed as the file says")
  }

  @Test func refusesAnAttributeThatIsGivenTwice() {
    var builder = ModelBuilder.images()
    builder.node("LeakyRelu", ["x"], ["a"], ["alpha": .float(0.1)])
    builder.model.graph.nodes[0].attributes.append(ONNXAttribute(name: "alpha", value: .float(0.2)))
    builder.output("a", [-1, 3, 4, 4])
    #expect(
      builder.refusal() == "node 'a' (LeakyRelu, opset 17): attribute alpha is given twice")
  }

  @Test(arguments: [2, 29]) func refusesOpsetsOutOfRange(_ opset: Int) {
    let builder = ModelBuilder.images(opset: opset)
    #expect(
      builder.refusal()
        == "the network uses opset \(opset); graft reads opsets 3 to 28. Convert it with "
        + "onnx.version_converter")
  }

  @Test func refusesFilesWithoutAnOpset() {
    var builder = ModelBuilder.images()
    builder.model.opsets = ["com.example": 1]
    #expect(
      builder.refusal()
        == "the file names no opset of the standard domain; it is no usable network")
  }

  @Test(arguments: [ONNXElementType.uint8, .int64]) func refusesIntegerImages(
    _ type: ONNXElementType
  ) {
    var builder = ModelBuilder.images()
    builder.model.graph.inputs[0].elementType = type
    builder.output("x", [-1, 3, 4, 4])
    #expect(builder.refusal() == "input 'x' has type \(type); graft feeds float images")
  }

  @Test func asksForTheSizeOfOpenInputs() throws {
    var builder = ModelBuilder.images()
    builder.model.graph.inputs[0].dimensions = [
      .symbolic("N"), .fixed(3), .symbolic("H"), .unknown,
    ]
    builder.node("Relu", ["x"], ["a"])
    builder.output("a", [-1, 3, 4, 4])
    let error = #expect(throws: GraphError.self) { try builder.graph() }
    #expect(
      error?.description == """
        input 'x' leaves axis 2 of [N, 3, H, ?] open; say the size
          for example: --size 224
        """)
    let sized = try builder.graph(ImportOptions(inputSize: (height: 6, width: 8)))
    #expect(sized.inputs == [GraphInput(name: "x", imageShape: [3, 6, 8])])
  }

  @Test func refusesInputsWithoutAShape() {
    var builder = ModelBuilder.images()
    builder.model.graph.inputs[0].dimensions = nil
    #expect(builder.refusal() == "input 'x' has no shape; export the network with one")
  }

  @Test func refusesNetworksWithoutInputsOrOutputs() {
    var builder = ModelBuilder.images()
    #expect(builder.refusal() == "the network has no output")
    builder.model.graph.inputs = []
    #expect(builder.refusal() == "the network has no input")
  }

  @Test func refusesOutputsThatLackTheBatch() {
    var builder = ModelBuilder.images()
    builder.node("Reshape", ["x", "shape"], ["a"])
    builder.integers("shape", [3, -1])
    builder.output("a", [3, -1])
    #expect(
      builder.refusal()
        == "output 'a' has shape [3, 32] for two images; its first dimension must be the batch")
  }

  @Test func countsWeightsThatAreNotFinite() throws {
    var builder = ModelBuilder.images()
    builder.weights("w", [3, 1, 1], [.nan, 1, -.infinity])
    builder.node("Mul", ["x", "w"], ["a"])
    builder.output("a", [-1, 3, 4, 4])
    #expect(
      builder.refusal()
        == "tensor 'w' has 2 weights that are NaN or infinite; the file is damaged or its training "
        + "diverged (--allow-nonfinite reads it all the same)")
    #expect(try builder.graph(ImportOptions(allowsNonFinite: true)).parameters["w"] != nil)
  }

  @Test func refusesOperatorsOutsideTheirOpsets() {
    var builder = ModelBuilder.images(opset: 11)
    builder.node("HardSwish", ["x"], ["a"])
    builder.output("a", [-1, 3, 4, 4])
    #expect(
      builder.refusal()
        == "node 'a' (HardSwish, opset 11): graft reads HardSwish of opsets 14 to 28")
  }

  /// A float made of the batch size is no weight: it would be right for one batch only.
  @Test func refusesWeightsThatDependOnTheBatch() {
    var builder = ModelBuilder.images()
    builder.node("Shape", ["x"], ["shape"])
    builder.integers("first", [0])
    builder.node("Gather", ["shape", "first"], ["count"])
    builder.node("Cast", ["count"], ["floats"], ["to": 1])
    builder.node("Mul", ["x", "floats"], ["a"])
    builder.output("a", [-1, 3, 4, 4])
    #expect(
      builder.refusal()
        == "node 'a' (Mul, opset 17): input 'floats' depends on the batch size; graft needs a "
        + "constant there")
  }
}
