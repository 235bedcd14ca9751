package import GraftGraph
package import GraftKernels
package import GraftONNX
import GraftTensor

/// Difference of two tensors.
///
///     Y = A − B
///
/// Inputs   A, B of float, any shapes that NumPy broadcasts; before opset 7 `broadcast` and `axis`
/// Output   of the broadcast shape
/// Gradient `dA = dY`, `dB = −dY`, summed over repeated axes
/// Source   ONNX operator specification, Sub-14
///
/// Integers known while importing are folded: the arithmetic on shapes that exporters leave behind.
package struct Sub: BroadcastingOperator {
  package static let opType = "Sub"
  package static let opsets = 1...28
  package static let function = BinaryFunction.subtract

  package var alignment: BroadcastAlignment
}

// MARK: - ONNX

extension Sub {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    alignment = try BroadcastAlignment(decoding: node)
  }

  package func encode(into node: inout NodeEncoder) { alignment.encode(into: &node) }
}

extension Sub: FoldingOperator {
  package func fold(_ inputs: [FoldingInput]) throws(ShapeError) -> [Constant]? {
    try IntegerFolding.fold(inputs, Self.opType) { $0.subtractingReportingOverflow($1) }
  }
}

// MARK: - Shapes and memory

extension Sub {
  /// A gradient that is a copy wants to see nothing.
  package var gradientNeeds: GradientNeeds { [] }
  package static var runsInPlace: Bool { true }
}
