package import GraftGraph
package import GraftONNX
package import GraftTensor

/// The same elements: `Y = X`.
///
/// Input X any shape; output Y the same. At run time it costs nothing where the plan puts both on
/// one memory.
/// Source: ONNX operator specification, Identity-21.
package struct Identity: Operator, FoldingOperator {
  package static let opType = "Identity"
  package static let opsets = 1...28
  package static let layouts = OperatorLayouts.any
  package var gradientNeeds: GradientNeeds { [] }
  package static let runsInPlace = true

  package init() {}
}

// MARK: - ONNX

extension Identity {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {}

  package func encode(into node: inout NodeEncoder) {}
}

// MARK: - Shapes and memory

extension Identity {
  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] { [inputs[0]] }

  package func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int { 0 }

  package func fold(_ inputs: [FoldingInput]) throws(ShapeError) -> [Constant]? {
    inputs[0].constant.map { [$0] }
  }
}

// MARK: - Forward

extension Identity {
  package func forward(_ pass: ForwardPass) { Reshaping.forward(pass) }
}

// MARK: - Backward          dX = dY

extension Identity {
  package func backward(_ pass: BackwardPass) { Reshaping.backward(pass) }
}
