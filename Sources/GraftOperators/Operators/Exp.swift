package import GraftGraph
package import GraftKernels
package import GraftONNX

/// Exponential function: `Y = exp(X)`.
///
/// Input X any shape; output Y the same.
/// Gradient Y.
/// Source: ONNX operator specification, Exp-13.
package struct Exp: ElementwiseOperator {
  package static let opType = "Exp"
  package static let opsets = 1...28

  package let function = UnaryFunction.exponential
}

// MARK: - ONNX

extension Exp {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    // A hint of opset 1 for sharing memory.
    if node.opset < 6 { node.ignore("consumed_inputs") }
  }

  package func encode(into node: inout NodeEncoder) {}
}
