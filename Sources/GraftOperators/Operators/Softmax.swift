package import GraftGraph
package import GraftONNX

/// Probabilities along an axis.
///
///     Y = exp(X) / Σ exp(X)
///
/// Input    X any shape but a scalar
/// Output   Y as X
/// Axis     from opset 13 one axis, the last by default; before, 1 by default, and all axes from
///          there on together, which graft reads where only one of them has more than one element
/// Gradient `dX = Y · (dY − Σ Y · dY)`, from Y
/// Source   ONNX operator specification, Softmax-13
package struct Softmax: SoftmaxOperator {
  package static let opType = "Softmax"
  package static let opsets = 1...28
  package static let isLogarithm = false

  package let axis: Int
}

// MARK: - ONNX

extension Softmax {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    axis = try Self.axis(decoding: node)
  }

  package func encode(into node: inout NodeEncoder) { node.set("axis", axis) }
}
