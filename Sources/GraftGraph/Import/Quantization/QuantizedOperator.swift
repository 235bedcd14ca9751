import GraftONNX

/// An operator that computes with integers, as the float operator that it approximates.
struct QuantizedOperator {
  /// A tensor of integers among the inputs.
  struct Operand {
    var name: String
    var scale = ""
    var zeroPoint = ""
    /// Where the scale is a product: a bias has that of X times that of W, times a factor of the
    /// operator.
    var productOfScales: [String]?
    var factor: Float = 1
  }

  /// The float node; its inputs are those of ``operands``, to be replaced where they are constants.
  let node: ONNXNode
  let operands: [Operand]
  /// Scale and zero point of the output.
  let result: Operand?
  private let source: ONNXNode

  /// - Throws: where graft does not know the operator, or it is none that it could replace.
  init(_ source: ONNXNode) throws(GraphError) {
    self.source = source
    let given = source.inputs
    func input(_ index: Int) -> String { index < given.count ? given[index] : "" }
    func operand(_ index: Int) -> Operand {
      Operand(name: input(index), scale: input(index + 1), zeroPoint: input(index + 2))
    }
    func expect(_ least: Int) throws(GraphError) {
      guard given.count >= least, source.outputs.count == 1 else {
        throw GraphError("\(given.count) inputs; expected \(least) at least")
      }
    }
    var attributes = source.attributes
    guard source.int("channels_last", default: 0) == 0 else {
      throw GraphError("attribute channels_last is 1; graft reads 0")
    }
    attributes.removeAll { $0.name == "channels_last" }

    let opType: String
    switch source.opType {
    case "QLinearConv":
      try expect(8)
      opType = "Conv"
      operands =
        [operand(0), operand(3)]
        + (input(8).isEmpty
          ? [] : [Operand(name: input(8), productOfScales: [input(1), input(4)])])
      result = Operand(name: "", scale: input(6), zeroPoint: input(7))
    case "QLinearMatMul":
      try expect(8)
      opType = "MatMul"
      operands = [operand(0), operand(3)]
      result = Operand(name: "", scale: input(6), zeroPoint: input(7))
    case "QGemm":
      try expect(6)
      opType = "Gemm"
      operands =
        [operand(0), operand(3)]
        + (input(6).isEmpty
          ? []
          : [
            Operand(
              name: input(6), productOfScales: [input(1), input(4)],
              factor: source.float("alpha", default: 1))
          ])
      result = Operand(name: "", scale: input(7), zeroPoint: input(8))
    case "QLinearAdd", "QLinearMul":
      try expect(7)
      opType = String(source.opType.dropFirst("QLinear".count))
      operands = [operand(0), operand(3)]
      result = Operand(name: "", scale: input(6), zeroPoint: input(7))
    case "QLinearConcat":
      try expect(5)
      guard (given.count - 2).isMultiple(of: 3) else {
        throw GraphError("\(given.count) inputs; expected three for each part")
      }
      opType = "Concat"
      operands = stride(from: 2, to: given.count - 2, by: 3).map(operand)
      result = Operand(name: "", scale: input(0), zeroPoint: input(1))
    case "QLinearGlobalAveragePool", "QLinearAveragePool", "QLinearLeakyRelu", "QLinearSigmoid":
      try expect(4)
      opType = String(source.opType.dropFirst("QLinear".count))
      operands = [operand(0)]
      result = Operand(name: "", scale: input(3), zeroPoint: input(4))
    default:
      throw GraphError(
        "graft does not know which float operator this approximates",
        hints: ["Use the float network that the file was made from."])
    }
    node = ONNXNode(
      name: source.name, opType: opType, inputs: operands.map(\.name), outputs: source.outputs,
      attributes: attributes)
  }

  /// The axis along which a weight of this rank has a scale for each output.
  func channelAxis(_ rank: Int) -> Int {
    switch source.opType {
    case "QLinearConv": 0
    case "QGemm": source.int("transB", default: 0) == 1 ? 0 : 1
    default: rank - 1
    }
  }
}
