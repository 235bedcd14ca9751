package import GraftGraph
package import GraftKernels
package import GraftONNX

/// Limits numbers to a range: `Y = min(max(X, minimum), maximum)`.
///
/// Input X any shape; output Y the same. The limits are attributes before opset 11 and constant
/// inputs after; either may be missing. Gradient 1 strictly between them, else 0.
/// Source: ONNX operator specification, Clip-13.
package struct Clip: ElementwiseOperator {
  package static let opType = "Clip"
  package static let opsets = 1...28

  /// Nil where the network does not limit on that side.
  let minimum: Float?
  let maximum: Float?

  package var function: UnaryFunction {
    .clip(minimum: minimum ?? -.infinity, maximum: maximum ?? .infinity)
  }
}

// MARK: - ONNX

extension Clip {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    // A hint of opset 1 for sharing memory.
    if node.opset < 6 { node.ignore("consumed_inputs") }
    if node.opset < 11 {
      minimum = try node.optionalFloat("min")
      maximum = try node.optionalFloat("max")
    } else {
      minimum = try node.constantNumber(input: 1, named: "min")
      maximum = try node.constantNumber(input: 2, named: "max")
    }
    guard minimum?.isNaN != true, maximum?.isNaN != true else {
      throw ONNXError("a limit is not a number; expected min and max to be numbers")
    }
  }

  package func encode(into node: inout NodeEncoder) {
    guard node.opset >= 11 else {
      if let minimum { node.set("min", minimum) }
      if let maximum { node.set("max", maximum) }
      return
    }
    guard minimum != nil || maximum != nil else { return }
    node.appendInput(minimum.map { .float($0) } ?? .absent)
    if let maximum { node.appendInput(.float(maximum)) }
  }
}

// MARK: - Constants

extension Clip: FoldingOperator {
  /// Integers, such as extents; floats go through the kernel.
  package func fold(_ inputs: [FoldingInput]) throws(ShapeError) -> [Constant]? {
    guard let x = inputs[0].integers else { return nil }
    let low = inputs.count > 1 ? inputs[1].integers?.values.first : nil
    let high = inputs.count > 2 ? inputs[2].integers?.values.first : nil
    let values = x.values.map { min(max($0, low ?? .min), high ?? .max) }
    return [.integers(IntegerTensor(dimensions: x.dimensions, values: values))]
  }
}

// MARK: - Fusion

extension Clip: FusibleActivationOperator {
  package var fusedActivation: FusedActivation? {
    .clip(minimum: minimum ?? -.infinity, maximum: maximum ?? .infinity)
  }
}
