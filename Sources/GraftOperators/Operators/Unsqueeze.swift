package import GraftGraph
package import GraftONNX
package import GraftTensor

/// Inserts axes of extent 1.
///
/// Input X any shape; output Y the same elements; `axes` are places in the shape of Y.
/// Source: ONNX operator specification, Unsqueeze-21.
package struct Unsqueeze: Operator, FoldingOperator {
  package static let opType = "Unsqueeze"
  package static let opsets = 1...28
  package static let layouts = OperatorLayouts.channelsFirst
  package var gradientNeeds: GradientNeeds { [] }
  package static let runsInPlace = true

  /// Negative ones count from the end of the output.
  package var axes: [Int]

  package init(axes: [Int]) { self.axes = axes }
}

// MARK: - ONNX

extension Unsqueeze {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    let axes =
      node.opset < 13
      ? try node.ints("axes") : try node.constantInts(input: 1, named: "axes")
    guard let axes else {
      throw ONNXError("\(node.opset < 13 ? "attribute" : "input") axes is missing")
    }
    self.axes = axes
  }

  package func encode(into node: inout NodeEncoder) {
    if node.opset < 13 { node.set("axes", axes) } else { node.appendInput(.ints(axes)) }
  }
}

// MARK: - Shapes and memory

extension Unsqueeze {
  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    [try unsqueezed(inputs[0])]
  }

  private func unsqueezed(_ x: Shape) throws(ShapeError) -> Shape {
    let rank = x.rank + axes.count
    let inserted = try axes.map { (axis) throws(ShapeError) in
      guard (-rank..<rank).contains(axis) else {
        throw ShapeError("axes has \(axis), but the output has rank \(rank)")
      }
      return axis < 0 ? axis + rank : axis
    }
    guard Set(inserted).count == axes.count else {
      throw ShapeError("axes \(axes) name one axis twice; the output has rank \(rank)")
    }
    var dimensions = x.dimensions
    for axis in inserted.sorted() { dimensions.insert(1, at: axis) }
    return Shape(dimensions)
  }

  package func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int { 0 }

  package func fold(_ inputs: [FoldingInput]) throws(ShapeError) -> [Constant]? {
    guard let data = inputs[0].constant else { return nil }
    return [data.reshaped(to: try unsqueezed(data.shape))]
  }
}

// MARK: - Forward

extension Unsqueeze {
  package func forward(_ pass: ForwardPass) { Reshaping.forward(pass) }
}

// MARK: - Backward          dX = dY

extension Unsqueeze {
  package func backward(_ pass: BackwardPass) { Reshaping.backward(pass) }
}
