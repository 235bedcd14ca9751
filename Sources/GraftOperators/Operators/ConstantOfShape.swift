package import GraftGraph
package import GraftONNX
import GraftTensor

/// A tensor of the shape that its input says, filled with one number, evaluated while importing.
///
/// Input a vector of extents; output of that shape, filled with the attribute `value`, a tensor of
/// one element; float 0 where the node has none.
/// Source: ONNX operator specification, ConstantOfShape-21.
package struct ConstantOfShape: FoldingOperator {
  package static let opType = "ConstantOfShape"
  package static let opsets = 9...28

  /// One element.
  package var value: Constant

  package init(_ value: Constant) { self.value = value }

  /// A file may ask for any size in a few bytes; no constant of an image classifier comes near.
  private static let largestCount = 1 << 27
}

// MARK: - ONNX

extension ConstantOfShape {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    guard let tensor = try node.tensor("value") else {
      value = .floats(Tensor([1]))
      return
    }
    value = try Constant(tensor)
    guard value.shape.elementCount == 1 else {
      throw ONNXError("attribute value has shape \(value.shape); expected one number")
    }
  }
}

// MARK: - Folding

extension ConstantOfShape {
  package func fold(_ inputs: [FoldingInput]) throws(ShapeError) -> [Constant]? {
    guard let dimensions = inputs[0].integers?.values else { return nil }
    guard let count = Shape.checkedElementCount(dimensions) else {
      throw ShapeError("input is \(dimensions), which is no shape")
    }
    guard count <= Self.largestCount else {
      throw ShapeError(
        "input is \(dimensions): \(count) elements; graft makes constants of up to "
          + "\(Self.largestCount)")
    }
    switch value {
    case .floats(let tensor):
      return [.floats(Tensor(Shape(dimensions), repeating: tensor.elements[0]))]
    case .integers(let tensor):
      let values = [Int](repeating: tensor.values[0], count: count)
      return [.integers(IntegerTensor(dimensions: dimensions, values: values))]
    }
  }
}
