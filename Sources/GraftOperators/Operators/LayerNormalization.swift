package import GraftGraph
import GraftKernels
package import GraftONNX
package import GraftTensor

/// Normalisation of each image, or of each of its places, by its own statistics.
///
///     Y = (X − mean) / √(variance + epsilon) · Scale + B      over the axes from `axis` on
///
/// Inputs   X any shape; Scale and B, which may be missing, of the shape of the axes from `axis` on
/// Output   Y as X
/// Memory   mean and 1/√(variance + epsilon) of each row while training
/// Gradient with X̂ = (X − mean) / √(…) and G = dY · Scale:
///          `dX = (G − mean(G) − X̂ · mean(G · X̂)) / √(…)`, `dScale = Σ dY · X̂`, `dB = Σ dY`
/// Source   ONNX operator specification, LayerNormalization-17; Ba, Kiros, Hinton 2016
package struct LayerNormalization: Operator {
  package static let opType = "LayerNormalization"
  package static let opsets = 17...28

  /// The first axis that is normalised; a negative one counts from the end.
  let axis: Int
  let epsilon: Float
}

// MARK: - ONNX

extension LayerNormalization {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    axis = try node.int("axis", default: -1)
    epsilon = try node.float("epsilon", default: 1e-5)
    // The precision of the sums; graft's are in double.
    node.ignore("stash_type")
    guard epsilon >= 0, epsilon.isFinite else {
      throw ONNXError("attribute epsilon is \(epsilon); expected a number of at least 0")
    }
    guard node.outputCount == 1 else {
      throw ONNXError(
        "\(node.outputCount) outputs; graft computes Y alone, not mean and deviation")
    }
  }

  package func encode(into node: inout NodeEncoder) {
    node.require(opset: 17, for: "LayerNormalization")
    node.set("axis", axis)
    node.set("epsilon", epsilon)
  }
}

// MARK: - Shapes and memory

extension LayerNormalization {
  package static var layouts: OperatorLayouts { .channelsFirst }
  package var gradientNeeds: GradientNeeds { .inputs }

  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    guard inputs.count == 2 || inputs.count == 3 else {
      throw ShapeError("\(inputs.count) inputs; expected X and Scale, and B or not")
    }
    let x = inputs[0]
    let first = try x.axis(axis)
    guard first > 0 else {
      throw ShapeError("axis \(axis) of X \(x) takes the whole batch together")
    }
    let normalized = Shape(Array(x.dimensions[first...]))
    for (shape, name) in zip(inputs[1...], ["Scale", "B"]) where shape != normalized {
      throw ShapeError(
        "\(name) has shape \(shape); expected \(normalized), X \(x) from axis \(axis) on")
    }
    return [x]
  }

  package func role(ofInput index: Int, shape: Shape) -> ParameterRole {
    index == 1 ? .scale : .bias
  }

  package func memory(for context: PlanningContext) -> OperatorMemory {
    let rows = rows(context.inputs[0]).rows
    return OperatorMemory(saved: [rows, rows])
  }

  package func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int {
    Int.saturatingProduct(8, inputs[0].elementCount)
  }

  private func rows(_ x: Shape) -> (rows: Int, count: Int) {
    let first = axis < 0 ? axis + x.rank : axis
    return (
      x.dimensions[..<first].reduce(1, *), x.dimensions[first...].reduce(1, *)
    )
  }
}

// MARK: - Forward

extension LayerNormalization {
  package func forward(_ pass: ForwardPass) {
    let (x, y) = (pass.inputs[0], pass.outputs[0])
    let (rows, count) = rows(x.shape)
    Kernels.normalizeRows(
      x.base, scale: pass.inputs[1].base, bias: pass.inputs.count > 2 ? pass.inputs[2].base : nil,
      y.base, means: pass.saved.first?.base, inverses: pass.saved.last?.base, rows: rows,
      count: count, epsilon: epsilon)
  }
}

// MARK: - Backward

extension LayerNormalization {
  package func backward(_ pass: BackwardPass) {
    guard let dy = pass.outputGradients[0] else { return }
    let x = pass.inputs[0]
    let (rows, count) = rows(x.shape)
    let (means, inverses) = (pass.saved[0].base, pass.saved[1].base)
    if let dx = pass.inputGradients[0] {
      Kernels.addRowNormalizationGradient(
        x.base, scale: pass.inputs[1].base, means: means, inverses: inverses, dy.base, dx.base,
        rows: rows, count: count)
    }
    let dbias = pass.inputs.count > 2 ? pass.inputGradients[2] : nil
    guard pass.inputGradients[1] != nil || dbias != nil else { return }
    Kernels.addRowNormalizationParameterGradients(
      x.base, means: means, inverses: inverses, dy.base, dscale: pass.inputGradients[1]?.base,
      dbias: dbias?.base, rows: rows, count: count)
  }
}
