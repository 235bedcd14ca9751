package import GraftGraph
package import GraftONNX

/// Logarithms of probabilities along an axis.
///
///     Y = X − log Σ exp(X)
///
/// Input    X any shape but a scalar
/// Output   Y as X
/// Axis     from opset 13 one axis, the last by default; before, 1 by default, and all axes from
///          there on together, which graft reads where only one of them has more than one element
/// Gradient `dX = dY − exp(Y) · Σ dY`, from Y
/// Source   ONNX operator specification, LogSoftmax-13
package struct LogSoftmax: SoftmaxOperator {
  package static let opType = "LogSoftmax"
  package static let opsets = 1...28
  package static let isLogarithm = true

  package let axis: Int
}

// MARK: - ONNX

extension LogSoftmax {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    axis = try Self.axis(decoding: node)
  }

  package func encode(into node: inout NodeEncoder) { node.set("axis", axis) }
}
