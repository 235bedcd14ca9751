package import GraftGraph
package import GraftKernels
package import GraftONNX

/// Natural logarithm: `Y = log(X)`; NaN where X is negative.
///
/// Input X any shape; output Y the same.
/// Gradient `1 / X`.
/// Source: ONNX operator specification, Log-13.
package struct Log: ArgumentGradientOperator {
  package static let opType = "Log"
  package static let opsets = 1...28

  package let function = UnaryFunction.logarithm
}

// MARK: - ONNX

extension Log {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    // A hint of opset 1 for sharing memory.
    if node.opset < 6 { node.ignore("consumed_inputs") }
  }

  package func encode(into node: inout NodeEncoder) {}
}
