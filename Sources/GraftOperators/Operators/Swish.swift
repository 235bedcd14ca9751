package import GraftGraph
package import GraftKernels
package import GraftONNX

/// Sigmoid-weighted unit: `Y = X · sigmoid(alpha · X)`.
///
/// Input X any shape; output Y the same.
/// Gradient `s · (1 + alpha · X · (1 − s))`, where s is the sigmoid.
/// Source: ONNX operator specification, Swish-24; Ramachandran, Zoph, Le 2017.
package struct Swish: ArgumentGradientOperator {
  package static let opType = "Swish"
  package static let opsets = 24...28

  let alpha: Float

  package var function: UnaryFunction { .swish(alpha: alpha) }
}

// MARK: - ONNX

extension Swish {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    alpha = try node.float("alpha", default: 1)
  }

  package func encode(into node: inout NodeEncoder) { node.set("alpha", alpha) }
}
