package import GraftGraph
package import GraftKernels
package import GraftONNX

/// Self-regularised unit: `Y = X · tanh(log(1 + exp(X)))`.
///
/// Input X any shape; output Y the same.
/// Gradient `t + X · (1 − t²) · sigmoid(X)`, where t is the tanh.
/// Source: ONNX operator specification, Mish-18; Misra 2020.
package struct Mish: ArgumentGradientOperator {
  package static let opType = "Mish"
  package static let opsets = 18...28

  package var function: UnaryFunction { .mish }
}

// MARK: - ONNX

extension Mish {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {}

  package func encode(into node: inout NodeEncoder) {}
}
