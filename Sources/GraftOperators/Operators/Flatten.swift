package import GraftGraph
package import GraftONNX
package import GraftTensor

/// Joins the axes before `axis` into one, and the rest into another.
///
///     [d₀, …, dₙ] → [d₀·…·d(axis−1), d(axis)·…·dₙ]
///
/// Input X any shape; output Y of rank 2, the elements in the same order. An empty product is 1.
/// Source: ONNX operator specification, Flatten-21.
package struct Flatten: Operator {
  package static let opType = "Flatten"
  package static let opsets = 1...28
  package static let layouts = OperatorLayouts.channelsFirst
  package var gradientNeeds: GradientNeeds { [] }
  package static let runsInPlace = true

  /// From `-rank` to `rank`.
  package var axis: Int

  package init(axis: Int = 1) { self.axis = axis }
}

// MARK: - ONNX

extension Flatten {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    axis = try node.int("axis", default: 1)
    guard axis >= 0 || node.opset >= 11 else {
      throw ONNXError("attribute axis is \(axis); opset \(node.opset) expects 0 or more")
    }
  }

  package func encode(into node: inout NodeEncoder) { node.set("axis", axis) }
}

// MARK: - Shapes and memory

extension Flatten {
  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    let x = inputs[0]
    guard (-x.rank...x.rank).contains(axis) else {
      throw ShapeError(
        "axis is \(axis), but the input has shape \(x): Flatten splits at \(-x.rank) to \(x.rank)")
    }
    let split = axis < 0 ? axis + x.rank : axis
    return [
      [x.dimensions[..<split].reduce(1, *), x.dimensions[split...].reduce(1, *)]
    ]
  }

  package func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int { 0 }
}

// MARK: - Forward

extension Flatten {
  package func forward(_ pass: ForwardPass) { Reshaping.forward(pass) }
}

// MARK: - Backward          dX = dY

extension Flatten {
  package func backward(_ pass: BackwardPass) { Reshaping.backward(pass) }
}
