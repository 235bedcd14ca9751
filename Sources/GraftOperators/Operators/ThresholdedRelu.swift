package import GraftGraph
package import GraftKernels
package import GraftONNX

/// Rectified linear unit with a threshold: `Y = X` where `X > alpha`, else 0.
///
/// Input X any shape; output Y the same. Gradient 1 above the threshold, else 0.
/// Source: ONNX operator specification, ThresholdedRelu-22.
package struct ThresholdedRelu: ArgumentGradientOperator {
  package static let opType = "ThresholdedRelu"
  package static let opsets = 10...28

  let alpha: Float

  package var function: UnaryFunction { .thresholdedRelu(alpha) }
}

// MARK: - ONNX

extension ThresholdedRelu {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    alpha = try node.float("alpha", default: 1)
  }

  package func encode(into node: inout NodeEncoder) { node.set("alpha", alpha) }
}
