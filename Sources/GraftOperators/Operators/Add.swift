package import GraftGraph
package import GraftKernels
package import GraftONNX
package import GraftTensor

/// Sum of two tensors.
///
///     Y = A + B
///
/// Inputs   A, B of float, any shapes that NumPy broadcasts; before opset 7 `broadcast` and `axis`
/// Output   of the broadcast shape
/// Gradient `dA = dB = dY`, summed over the axes along which an input was repeated
/// Source   ONNX operator specification, Add-14
///
/// Integers known while importing are folded: the arithmetic on shapes that exporters leave behind.
package struct Add: BroadcastingOperator {
  package static let opType = "Add"
  package static let opsets = 1...28
  package static let function = BinaryFunction.add

  package var alignment: BroadcastAlignment
}

// MARK: - ONNX

extension Add {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    alignment = try BroadcastAlignment(decoding: node)
  }

  package func encode(into node: inout NodeEncoder) { alignment.encode(into: &node) }
}

extension Add: FoldingOperator {
  package func fold(_ inputs: [FoldingInput]) throws(ShapeError) -> [Constant]? {
    try IntegerFolding.fold(inputs, Self.opType) { $0.addingReportingOverflow($1) }
  }
}

// MARK: - Shapes and memory

extension Add {
  /// A gradient that is a copy wants to see nothing.
  package var gradientNeeds: GradientNeeds { [] }
  package static var runsInPlace: Bool { true }
  package func inputSharingGradient(inputCount: Int) -> Int? { 0 }

  /// A constant with several elements is a bias; a single number belongs to the network.
  package func role(ofInput index: Int, shape: Shape) -> ParameterRole {
    shape.elementCount > 1 ? .bias : .buffer
  }
}

// MARK: - Fusion

extension Add: ResidualAddingOperator {}
