package import GraftGraph
package import GraftKernels
package import GraftONNX

/// Scaled exponential linear unit: `Y = gamma · X` where positive, else
/// `gamma · alpha · (exp(X) − 1)`.
///
/// Input X any shape; output Y the same.
/// Gradient gamma where X is positive, else `gamma · alpha · exp(X)`.
/// Source: ONNX operator specification, Selu-22; Klambauer et al. 2017.
package struct Selu: ArgumentGradientOperator {
  package static let opType = "Selu"
  package static let opsets = 1...28

  let alpha: Float
  let gamma: Float

  package var function: UnaryFunction { .selu(alpha: alpha, gamma: gamma) }
}

// MARK: - ONNX

extension Selu {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    // A hint of opset 1 for sharing memory.
    if node.opset < 6 { node.ignore("consumed_inputs") }
    // Opset 1 rounded the defaults.
    alpha = try node.float("alpha", default: node.opset < 6 ? 1.6732 : 1.673_263_2)
    gamma = try node.float("gamma", default: node.opset < 6 ? 1.0507 : 1.050_701)
  }

  package func encode(into node: inout NodeEncoder) {
    node.set("alpha", alpha)
    node.set("gamma", gamma)
  }
}
