import GraftGraph
import GraftONNX
import GraftTensor
import GraftTestSupport

/// A node as a file has it, to be read by an operator: for tests of refusals and of folding.
struct FileNode {
  var opset = 13
  var attributes: [String: ONNXAttribute.Value] = [:]
  var inputs: [DecodedInput] = []

  init(
    opset: Int = 13, _ attributes: [String: ONNXAttribute.Value] = [:],
    inputs: [OperatorInput] = []
  ) {
    self.opset = opset
    self.attributes = attributes
    self.inputs = inputs.map(\.decoded)
  }

  func read<O: ImportableOperator>(_ type: O.Type) throws(ONNXError) -> O {
    try O(
      decoding: NodeDecoder(
        opType: O.opType, opset: opset, attributes: attributes, inputs: inputs))
  }

  /// What the operator says against the attributes, or else against the shapes of the inputs; nil
  /// where it takes the node.
  func refusal<O: ImportableOperator>(_ type: O.Type, _ shapes: [Shape] = []) -> String? {
    do {
      let op = try read(type)
      guard let op = op as? any Operator, !shapes.isEmpty else { return nil }
      _ = try op.outputShapes(for: shapes)
      return nil
    } catch {
      return (error as? ONNXError)?.message ?? "\(error)"
    }
  }
}

/// What folding says against its inputs; nil where it takes them.
func foldingRefusal(_ op: some FoldingOperator, _ inputs: [FoldingInput]) -> String? {
  do throws(ShapeError) {
    _ = try op.fold(inputs)
    return nil
  } catch {
    return error.message
  }
}

extension FoldingInput {
  static func ints(_ values: Int...) -> FoldingInput {
    .constant(.integers(IntegerTensor(values)))
  }

  static func integers(_ dimensions: [Int], _ values: [Int]) -> FoldingInput {
    .constant(.integers(IntegerTensor(dimensions: dimensions, values: values)))
  }

  static func floats(_ shape: Shape, _ values: [Float]) -> FoldingInput {
    .constant(.floats(Tensor(shape, values)))
  }
}

extension Constant {
  static func ints(_ values: Int...) -> Constant { .integers(IntegerTensor(values)) }

  static func integers(_ dimensions: [Int], _ values: [Int]) -> Constant {
    .integers(IntegerTensor(dimensions: dimensions, values: values))
  }

  static func floats(_ shape: Shape, _ values: [Float]) -> Constant {
    .floats(Tensor(shape, values))
  }
}

extension DoubleTensor {
  /// A tensor of this shape whose elements come one by one from their index.
  static func making(_ shape: Shape, _ element: ([Int]) -> Double) -> DoubleTensor {
    var tensor = DoubleTensor(zeros: shape)
    for index in tensor.indices { tensor[at: index] = element(index) }
    return tensor
  }
}
