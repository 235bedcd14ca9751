package import GraftGraph
package import GraftKernels
package import GraftONNX

/// Reciprocal: `Y = 1 / X`.
///
/// Input X any shape; output Y the same.
/// Gradient `−Y²`.
/// Source: ONNX operator specification, Reciprocal-13.
package struct Reciprocal: ElementwiseOperator {
  package static let opType = "Reciprocal"
  package static let opsets = 1...28

  package let function = UnaryFunction.reciprocal
}

// MARK: - ONNX

extension Reciprocal {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    // A hint of opset 1 for sharing memory.
    if node.opset < 6 { node.ignore("consumed_inputs") }
  }

  package func encode(into node: inout NodeEncoder) {}
}
