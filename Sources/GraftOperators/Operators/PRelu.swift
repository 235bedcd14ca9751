package import GraftGraph
package import GraftKernels
package import GraftONNX
package import GraftTensor

/// Rectified linear unit with learned slopes for negative numbers.
///
///     Y = X where positive, else slope · X
///
/// Inputs   X any shape; slope broadcast to it, usually `[C, 1, 1]` or one number; before opset 7
///          `[C]` meets the channels, since then the last axis
/// Output   Y as X
/// Gradient `dX = dY` or `dY · slope`; `dslope = Σ dY · X` over the negative elements
/// Source   ONNX operator specification, PRelu-16
package struct PRelu: BroadcastingOperator {
  package static let opType = "PRelu"
  package static let opsets = 1...28
  package static let function = BinaryFunction.prelu

  package var alignment: BroadcastAlignment
}

// MARK: - ONNX

extension PRelu {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    // A hint of opset 1 for sharing memory.
    if node.opset < 6 { node.ignore("consumed_inputs") }
    guard node.opset < 7, let x = node.inputShape(0), let slope = node.inputShape(1),
      slope.rank == 1, slope.elementCount > 1, x.rank > 1
    else {
      alignment = .trailing
      return
    }
    alignment = try .at(1, x, slope)
  }

  package func encode(into node: inout NodeEncoder) {
    // Old opsets imply the axis; new ones have no spelling for it, see BroadcastAlignment.
    if node.opset >= 7 { alignment.encode(into: &node) }
  }
}

// MARK: - Shapes and memory

extension PRelu {
  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    guard inputs.count == 2 else {
      throw ShapeError("\(inputs.count) inputs; expected X and slope")
    }
    let shape = try Shape.broadcasting(inputs[0], alignment.aligned(inputs[1]))
    guard shape == inputs[0] else {
      throw ShapeError("slope \(inputs[1]) is larger than X \(inputs[0])")
    }
    return [shape]
  }

  package func role(ofInput index: Int, shape: Shape) -> ParameterRole { .weight }
}
