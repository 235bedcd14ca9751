package import GraftGraph
package import GraftKernels
package import GraftONNX

/// Error function: `Y = 2 / √π · ∫ exp(−t²) dt` from 0 to X.
///
/// Input X any shape; output Y the same.
/// Gradient `2 / √π · exp(−X²)`.
/// Source: ONNX operator specification, Erf-13.
package struct Erf: ArgumentGradientOperator {
  package static let opType = "Erf"
  package static let opsets = 9...28

  package let function = UnaryFunction.erf
}

// MARK: - ONNX

extension Erf {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
  }

  package func encode(into node: inout NodeEncoder) {}
}
