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
