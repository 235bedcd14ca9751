package import GraftGraph
package import GraftKernels
package import GraftONNX

/// Exponential linear unit: `Y = X` where positive, else `alpha · (exp(X) − 1)`.
///
/// Input X any shape; output Y the same.
/// Gradient 1 where X is positive, else `alpha · exp(X)`.
/// Source: ONNX operator specification, Elu-22; Clevert, Unterthiner, Hochreiter 2016.
package struct Elu: ArgumentGradientOperator {
  package static let opType = "Elu"
  package static let opsets = 1...28

  let alpha: Float

  package var function: UnaryFunction { .elu(alpha: alpha) }
}

// MARK: - ONNX

extension Elu {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    // A hint of opset 1 for sharing memory.
    if node.opset < 6 { node.ignore("consumed_inputs") }
    alpha = try node.float("alpha", default: 1)
  }

  package func encode(into node: inout NodeEncoder) { node.set("alpha", alpha) }
}
