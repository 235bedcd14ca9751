package import GraftGraph
package import GraftKernels
package import GraftONNX

/// Rectified linear unit: `Y = max(X, 0)`.
///
/// Input X any shape; output Y the same.
/// Gradient at 0 is 0.
/// Source: ONNX operator specification, Relu-14.
package struct Relu: ElementwiseOperator {
  package static let opType = "Relu"
  package static let opsets = 1...28

  package let function = UnaryFunction.relu
}

// MARK: - ONNX

extension Relu {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    // A hint of opset 1 for sharing memory.
    if node.opset < 6 { node.ignore("consumed_inputs") }
  }

  package func encode(into node: inout NodeEncoder) {}
}

// MARK: - Fusion

extension Relu: FusibleActivationOperator {
  package var fusedActivation: FusedActivation? { .relu }
}
