package import GraftGraph
package import GraftKernels
package import GraftONNX
import GraftTensor

/// Quotient of two tensors, element by element.
///
///     Y = A / B        integers: rounded toward 0
///
/// Inputs   A, B of float, any shapes that NumPy broadcasts; before opset 7 `broadcast` and `axis`
/// Output   of the broadcast shape
/// Gradient `dA = dY / B`, `dB = −dY · A / B²`, summed over repeated axes
/// Source   ONNX operator specification, Div-14
///
/// Integers known while importing are folded: the arithmetic on shapes that exporters leave behind.
package struct Div: BroadcastingOperator {
  package static let opType = "Div"
  package static let opsets = 1...28
  package static let function = BinaryFunction.divide

  package var alignment: BroadcastAlignment
}

// MARK: - ONNX

extension Div {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    alignment = try BroadcastAlignment(decoding: node)
  }

  package func encode(into node: inout NodeEncoder) { alignment.encode(into: &node) }
}

extension Div: FoldingOperator {
  package func fold(_ inputs: [FoldingInput]) throws(ShapeError) -> [Constant]? {
    try IntegerFolding.fold(inputs, Self.opType) { a, b in
      b == 0 ? nil : a.dividedReportingOverflow(by: b)
    }
  }
}
