package import GraftGraph
package import GraftKernels
package import GraftONNX

/// Swish made of straight lines: `Y = X · min(max(X / 6 + 1/2, 0), 1)`.
///
/// Input X any shape; output Y the same.
/// Gradient 0 up to −3, 1 from 3, `X / 3 + 1/2` between; it needs X, because Y falls before it rises.
/// Source: ONNX operator specification, HardSwish-22.
package struct HardSwish: ArgumentGradientOperator {
  package static let opType = "HardSwish"
  package static let opsets = 14...28

  package let function = UnaryFunction.hardSwish
}

// MARK: - ONNX

extension HardSwish {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
  }

  package func encode(into node: inout NodeEncoder) {}
}
