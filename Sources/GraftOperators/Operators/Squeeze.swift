package import GraftGraph
package import GraftONNX
package import GraftTensor

/// Removes axes of extent 1.
///
/// Input X any shape; output Y the same elements without the axes named. Where none are named all
/// of extent 1 go, but at run time never axis 0: that is the batch, which is free, and a batch of
/// one image must not lose it.
/// Source: ONNX operator specification, Squeeze-21.
package struct Squeeze: Operator, FoldingOperator {
  package static let opType = "Squeeze"
  package static let opsets = 1...28
  package static let layouts = OperatorLayouts.channelsFirst
  package var gradientNeeds: GradientNeeds { [] }
  package static let runsInPlace = true

  /// Negative ones count from the end; nil where the node names none.
  package var axes: [Int]?

  package init(axes: [Int]?) { self.axes = axes }
}

// MARK: - ONNX

extension Squeeze {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    axes =
      node.opset < 13
      ? try node.ints("axes") : try node.constantInts(input: 1, named: "axes")
  }

  package func encode(into node: inout NodeEncoder) {
    guard let axes else { return }
    if node.opset < 13 { node.set("axes", axes) } else { node.appendInput(.ints(axes)) }
  }
}

// MARK: - Shapes and memory

extension Squeeze {
  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    let x = inputs[0]
    return [try squeezed(x, x.dimensions.indices.filter { $0 > 0 && x[$0] == 1 })]
  }

  private func squeezed(_ x: Shape, _ allOfExtentOne: [Int]) throws(ShapeError) -> Shape {
    let removed = if let axes { try x.axes(axes) } else { allOfExtentOne }
    for axis in removed where x[axis] != 1 {
      throw ShapeError("axis \(axis) of the input \(x) has extent \(x[axis]); Squeeze removes 1")
    }
    return Shape(x.dimensions.indices.filter { !removed.contains($0) }.map { x[$0] })
  }

  package func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int { 0 }

  package func fold(_ inputs: [FoldingInput]) throws(ShapeError) -> [Constant]? {
    guard let data = inputs[0].constant else { return nil }
    let x = data.shape
    return [data.reshaped(to: try squeezed(x, x.dimensions.indices.filter { x[$0] == 1 }))]
  }
}

// MARK: - Forward

extension Squeeze {
  package func forward(_ pass: ForwardPass) { Reshaping.forward(pass) }
}

// MARK: - Backward          dX = dY

extension Squeeze {
  package func backward(_ pass: BackwardPass) { Reshaping.backward(pass) }
}
