package import GraftGraph
package import GraftKernels
package import GraftONNX

/// Hyperbolic tangent: `Y = tanh(X)`.
///
/// Input X any shape; output Y the same.
/// Gradient `1 − Y²`.
/// Source: ONNX operator specification, Tanh-13.
package struct Tanh: ElementwiseOperator {
  package static let opType = "Tanh"
  package static let opsets = 1...28

  package let function = UnaryFunction.tanh
}

// MARK: - ONNX

extension Tanh {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    // A hint of opset 1 for sharing memory.
    if node.opset < 6 { node.ignore("consumed_inputs") }
  }

  package func encode(into node: inout NodeEncoder) {}
}
