package import GraftGraph
package import GraftKernels
package import GraftONNX

/// Negation: `Y = −X`.
///
/// Input X any shape; output Y the same.
/// Gradient −1.
/// Source: ONNX operator specification, Neg-13.
package struct Neg: ElementwiseOperator {
  package static let opType = "Neg"
  package static let opsets = 1...28

  package let function = UnaryFunction.scale(-1)
}

// MARK: - ONNX

extension Neg {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    // A hint of opset 1 for sharing memory.
    if node.opset < 6 { node.ignore("consumed_inputs") }
  }

  package func encode(into node: inout NodeEncoder) {}
}
