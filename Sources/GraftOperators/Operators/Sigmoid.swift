package import GraftGraph
package import GraftKernels
package import GraftONNX

/// Logistic function: `Y = 1 / (1 + exp(−X))`.
///
/// Input X any shape; output Y the same.
/// Gradient `Y · (1 − Y)`.
/// Source: ONNX operator specification, Sigmoid-13.
package struct Sigmoid: ElementwiseOperator {
  package static let opType = "Sigmoid"
  package static let opsets = 1...28

  package let function = UnaryFunction.sigmoid
}

// MARK: - ONNX

extension Sigmoid {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    // A hint of opset 1 for sharing memory.
    if node.opset < 6 { node.ignore("consumed_inputs") }
  }

  package func encode(into node: inout NodeEncoder) {}
}
