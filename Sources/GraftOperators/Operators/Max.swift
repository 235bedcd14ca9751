package import GraftGraph
package import GraftONNX
import GraftTensor

/// Largest of any number of tensors, element by element.
///
///     Y = max(A₀, A₁, …)
///
/// Inputs   one or more of float, NumPy broadcasting; before opset 8 all of one shape
/// Output   of the broadcast shape; NaN where any input is
/// Gradient `dY` for the first input that is the largest, summed over the axes along which it was
///          repeated
/// Source   ONNX operator specification, Max-13
package struct Max: ExtremeOperator {
  package static let opType = "Max"
  package static let opsets = 1...28
  package static let isLargest = true
}

// MARK: - ONNX

extension Max {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    // A hint of opset 1 for sharing memory.
    if node.opset < 6 { node.ignore("consumed_inputs") }
  }

  package func encode(into node: inout NodeEncoder) {}
}
