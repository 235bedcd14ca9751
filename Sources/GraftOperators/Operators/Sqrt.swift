package import GraftGraph
package import GraftKernels
package import GraftONNX

/// Square root: `Y = √X`; NaN where X is negative.
///
/// Input X any shape; output Y the same.
/// Gradient `1 / (2 Y)`.
/// Source: ONNX operator specification, Sqrt-13.
package struct Sqrt: ElementwiseOperator {
  package static let opType = "Sqrt"
  package static let opsets = 1...28

  package let function = UnaryFunction.squareRoot
}

// MARK: - ONNX

extension Sqrt {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    // A hint of opset 1 for sharing memory.
    if node.opset < 6 { node.ignore("consumed_inputs") }
  }

  package func encode(into node: inout NodeEncoder) {}
}
