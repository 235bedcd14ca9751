package import GraftGraph
package import GraftKernels
package import GraftONNX

/// Soft sign: `Y = X / (1 + |X|)`.
///
/// Input X any shape; output Y the same. Gradient `1 / (1 + |X|)²`.
/// Source: ONNX operator specification, Softsign-22.
package struct Softsign: ArgumentGradientOperator {
  package static let opType = "Softsign"
  package static let opsets = 1...28

  package var function: UnaryFunction { .softsign }
}

// MARK: - ONNX

extension Softsign {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {}

  package func encode(into node: inout NodeEncoder) {}
}
