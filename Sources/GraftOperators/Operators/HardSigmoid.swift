package import GraftGraph
package import GraftKernels
package import GraftONNX

/// Sigmoid made of straight lines: `Y = min(max(alpha · X + beta, 0), 1)`.
///
/// Input X any shape; output Y the same.
/// Gradient `alpha` strictly between 0 and 1, else 0.
/// Source: ONNX operator specification, HardSigmoid-22.
package struct HardSigmoid: ElementwiseOperator {
  package static let opType = "HardSigmoid"
  package static let opsets = 1...28

  let alpha: Float
  let beta: Float

  package var function: UnaryFunction { .hardSigmoid(alpha: alpha, beta: beta) }
}

// MARK: - ONNX

extension HardSigmoid {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    // A hint of opset 1 for sharing memory.
    if node.opset < 6 { node.ignore("consumed_inputs") }
    alpha = try node.float("alpha", default: 0.2)
    beta = try node.float("beta", default: 0.5)
  }

  package func encode(into node: inout NodeEncoder) {
    node.set("alpha", alpha)
    node.set("beta", beta)
  }
}
