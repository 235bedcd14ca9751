package import GraftGraph
import GraftKernels
package import GraftONNX
package import GraftTensor

/// Normalisation of each image, or of each of its places, by its own statistics.
///
///     Y = (X − mean) / √(variance + epsilon) · Scale + B      over the axes from `axis` on
///
/// Inputs   X any shape; Scale and B, which may be missing, of the shape of the axes from `axis` on
/// Outputs  Y as X; where they are read, Mean and InvStdDev `1/√(variance + epsilon)` of each row,
///          with axes of extent 1 in place of those that are normalised
/// Memory   mean and 1/√(variance + epsilon) of each row while training
/// Gradient with X̂ = (X − mean) / √(…) and G = dY · Scale:
///          `dX = (G − mean(G) − X̂ · mean(G · X̂)) / √(…)`, `dScale = Σ dY · X̂`, `dB = Σ dY`;
///          of the statistics, n elements in a row,
///          `dX = (dMean − X̂ · dInvStdDev · InvStdDev²) / n`
/// Source   ONNX operator specification, LayerNormalization-17; Ba, Kiros, Hinton 2016
package struct LayerNormalization: Operator {
  package static let opType = "LayerNormalization"
  package static let opsets = 17...28

  /// The first axis that is normalised; a negative one counts from the end.
  let axis: Int
  let epsilon: Float
  let outputCount: Int
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
    outputCount = node.outputCount
    guard outputCount <= 3 else {
      throw ONNXError("\(outputCount) outputs; expected Y, Mean and InvStdDev at most")
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
    let normalized = Shape(Array(x.dimensions[first...]))
    for (shape, name) in zip(inputs[1...], ["Scale", "B"]) where shape != normalized {
      guard first > 0 else {
        throw ShapeError("axis \(axis) of X \(x) takes the whole batch together")
      }
      throw ShapeError(
        "\(name) has shape \(shape); expected \(normalized), X \(x) from axis \(axis) on")
    }
    let ones = [Int](repeating: 1, count: x.rank - first)
    let statistic = Shape(x.dimensions[..<first] + ones)
    return Array([x, statistic, statistic].prefix(outputCount))
  }

  package func mixesImages(_ inputs: [Shape]) -> Bool { axis == 0 || axis == -inputs[0].rank }

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
    let (mean, inverse) = (statistic(1, of: pass), statistic(2, of: pass))
    Kernels.normalizeRows(
      x.base, scale: pass.inputs[1].base, bias: pass.inputs.count > 2 ? pass.inputs[2].base : nil,
      y.base, means: pass.saved.first?.base ?? mean, inverses: pass.saved.last?.base ?? inverse,
      rows: rows, count: count, epsilon: epsilon)
    for (saved, output) in zip(pass.saved, [mean, inverse]) {
      if let output { Kernels.copy(saved.base, output, count: rows) }
    }
  }

  /// The memory of Mean or InvStdDev, where it is an output.
  private func statistic(_ index: Int, of pass: ForwardPass) -> UnsafeMutablePointer<Float>? {
    index < pass.outputs.count ? pass.outputs[index].base : nil
  }
}

// MARK: - Backward

extension LayerNormalization {
  package func backward(_ pass: BackwardPass) {
    let x = pass.inputs[0]
    let (rows, count) = rows(x.shape)
    let (means, inverses) = (pass.saved[0].base, pass.saved[1].base)
    if let dx = pass.inputGradients[0], outputCount > 1 {
      Kernels.addRowStatisticsGradient(
        x.base, means: means, inverses: inverses, dmeans: pass.outputGradients[1]?.base,
        dinverses: outputCount > 2 ? pass.outputGradients[2]?.base : nil, dx.base, rows: rows,
        count: count)
    }
    guard let dy = pass.outputGradients[0] else { return }
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
