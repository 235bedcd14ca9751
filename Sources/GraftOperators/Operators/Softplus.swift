package import GraftGraph
package import GraftKernels
package import GraftONNX

/// A smooth Relu: `Y = log(1 + exp(X))`.
///
/// Input X any shape; output Y the same.
/// Gradient `1 / (1 + exp(−X))`.
/// Source: ONNX operator specification, Softplus-22.
package struct Softplus: ArgumentGradientOperator {
  package static let opType = "Softplus"
  package static let opsets = 1...28

  package let function = UnaryFunction.softplus
}

// MARK: - ONNX

extension Softplus {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
  }

  package func encode(into node: inout NodeEncoder) {}
}
