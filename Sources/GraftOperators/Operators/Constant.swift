package import GraftGraph
package import GraftONNX
import GraftTensor

/// A tensor that stands in the node itself, taken up while importing.
///
/// No inputs; output the attribute that is there: `value`, `value_float`, `value_floats`,
/// `value_int` or `value_ints`.
/// Source: ONNX operator specification, Constant-21.
package struct ConstantOperator: FoldingOperator {
  package static let opType = "Constant"
  package static let opsets = 1...28

  package var value: Constant

  package init(_ value: Constant) { self.value = value }
}

// MARK: - ONNX

extension ConstantOperator {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    if let tensor = try node.tensor("value") {
      value = try Constant(tensor)
    } else if let number = try node.optionalFloat("value_float") {
      value = .floats(Tensor([], repeating: number))
    } else if let numbers = try node.floats("value_floats") {
      value = .floats(Tensor([numbers.count], numbers))
    } else if let number = try node.optionalInt("value_int") {
      value = .integers(IntegerTensor(dimensions: [], values: [number]))
    } else if let numbers = try node.ints("value_ints") {
      value = .integers(IntegerTensor(numbers))
    } else {
      throw ONNXError(
        "Constant has none of the attributes that graft reads: value, value_float, value_floats, "
          + "value_int, value_ints")
    }
  }
}

// MARK: - Folding

extension ConstantOperator {
  package func fold(_ inputs: [FoldingInput]) throws(ShapeError) -> [Constant]? { [value] }
}
