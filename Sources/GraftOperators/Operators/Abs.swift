package import GraftGraph
package import GraftKernels
package import GraftONNX

/// Absolute value: `Y = |X|`.
///
/// Input X any shape; output Y the same.
/// Gradient the sign of X, 0 at 0.
/// Source: ONNX operator specification, Abs-13.
package struct Abs: ArgumentGradientOperator {
  package static let opType = "Abs"
  package static let opsets = 1...28

  package let function = UnaryFunction.absolute
}

// MARK: - ONNX

extension Abs {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    // A hint of opset 1 for sharing memory.
    if node.opset < 6 { node.ignore("consumed_inputs") }
  }

  package func encode(into node: inout NodeEncoder) {}
}
