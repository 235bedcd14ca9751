import GraftGraph
import GraftONNX
import GraftTensor
import GraftTestSupport

/// An operator read from a node of these attributes, with one activation unless said otherwise.
func decoded<O: ImportableOperator>(
  _ type: O.Type, opset: Int = 13, _ attributes: [String: ONNXAttribute.Value] = [:],
  inputs: [DecodedInput] = [.activation([1])], outputCount: Int = 1
) throws(ONNXError) -> O {
  try O(
    decoding: NodeDecoder(
      opType: type.opType, opset: opset, attributes: attributes, inputs: inputs,
      outputCount: outputCount))
}

extension OperatorCase {
  /// The second input with the axes of extent 1 that the old attribute `axis` implies.
  func alignedSecondInput(_ b: DoubleTensor) -> DoubleTensor {
    guard case .int(let axis) = attributes["axis"], let a = inputs[0].shape else { return b }
    let ones = [Int](repeating: 1, count: a.rank - axis - b.shape.rank)
    return DoubleTensor(Shape(b.shape.dimensions + ones), b.values)
  }
}

extension OperatorCase {
  /// Inputs of every form for an operator that takes each number by itself.
  static func elementwise(
    in range: ClosedRange<Float> = -2...2, avoiding kinks: [Float] = []
  ) -> [OperatorCase] {
    let shapes: [(String, Shape)] = [
      ("images", [2, 3, 5, 7]), ("vectors", [3, 11]), ("one element", [1, 1, 1, 1]),
      ("scalar", []), ("nothing", [0, 3]), ("more than one task", [3, 5, 65, 64]),
    ]
    return shapes.map { name, shape in
      OperatorCase(name, inputs: [.activation(shape, in: range, avoiding: kinks)])
    }
  }

  /// Of opset 1, with the hint that graft has no use for.
  static func consuming(in range: ClosedRange<Float> = 0.5...2) -> OperatorCase {
    OperatorCase(
      "old", opset: 1, attributes: ["consumed_inputs": [0]],
      inputs: [.activation([2, 3], in: range)])
  }
}
