package import GraftGraph
package import GraftKernels
package import GraftONNX

/// Continuously differentiable exponential linear unit: `Y = X` where positive, else
/// `alpha · (exp(X / alpha) − 1)`.
///
/// Input X any shape; output Y the same.
/// Gradient 1 where X is positive, else `exp(X / alpha)`.
/// Source: ONNX operator specification, Celu-12; Barron 2017.
package struct Celu: ArgumentGradientOperator {
  package static let opType = "Celu"
  package static let opsets = 12...28

  let alpha: Float

  package var function: UnaryFunction { .celu(alpha: alpha) }
}

// MARK: - ONNX

extension Celu {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    alpha = try node.float("alpha", default: 1)
    guard alpha != 0 else { throw ONNXError("attribute alpha is 0; expected any other number") }
  }

  package func encode(into node: inout NodeEncoder) { node.set("alpha", alpha) }
}
