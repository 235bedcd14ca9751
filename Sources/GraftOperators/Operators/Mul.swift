package import GraftGraph
package import GraftKernels
package import GraftONNX
package import GraftTensor

/// Product of two tensors, element by element.
///
///     Y = A · B
///
/// Inputs   A, B of float, any shapes that NumPy broadcasts; before opset 7 `broadcast` and `axis`
/// Output   of the broadcast shape
/// Gradient `dA = dY · B`, `dB = dY · A`, summed over repeated axes
/// Source   ONNX operator specification, Mul-14
///
/// Integers known while importing are folded: the arithmetic on shapes that exporters leave behind.
package struct Mul: BroadcastingOperator {
  package static let opType = "Mul"
  package static let opsets = 1...28
  package static let function = BinaryFunction.multiply

  package var alignment: BroadcastAlignment
}

// MARK: - ONNX

extension Mul {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    alignment = try BroadcastAlignment(decoding: node)
  }

  package func encode(into node: inout NodeEncoder) { alignment.encode(into: &node) }
}

extension Mul: FoldingOperator {
  package func fold(_ inputs: [FoldingInput]) throws(ShapeError) -> [Constant]? {
    try IntegerFolding.fold(inputs, Self.opType) { $0.multipliedReportingOverflow(by: $1) }
  }
}

// MARK: - Shapes and memory

extension Mul {
  /// A constant with several elements is a scale; a single number belongs to the network.
  package func role(ofInput index: Int, shape: Shape) -> ParameterRole {
    shape.elementCount > 1 ? .scale : .buffer
  }
}
