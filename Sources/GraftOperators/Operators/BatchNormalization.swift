package import GraftGraph
internal import GraftKernels
package import GraftONNX
package import GraftTensor

/// Normalisation of each channel, by statistics of the whole training or of the batch.
///
///     Y = (X − mean) / √(variance + epsilon) · scale + B
///
/// Inputs   X `[N, C, H, W]` or `[N, C]`; scale, B, running mean, running variance `[C]`; where the
///          epilogue has a residual, it, as the last one, with the shape of X
/// Outputs  Y as X; with `training_mode` also the new running mean and variance,
///          `running · momentum + batch · (1 − momentum)`
/// Mode     frozen (the usual): the running statistics in both modes, constants of the gradient.
///          `training_mode` (opset 14): while training those of the batch, the variance that of a
///          population; in inference the running ones
/// Memory   the batch's mean and 1/√(variance + epsilon), where it is used
/// Gradient frozen `dX = dY · scale / √(…)`; of the batch
///          `dX = scale / √(…) · (dY − mean(dY) − X̂ · mean(dY · X̂))`
/// Source   ONNX operator specification, BatchNormalization-15; Ioffe, Szegedy 2015
package struct BatchNormalization: Operator {
  package static let opType = "BatchNormalization"
  package static let opsets = 1...28

  let epsilon: Float
  let momentum: Float
  private(set) var usesBatch: Bool
  private(set) var outputCount: Int
  /// What the plan's rewrites append; never part of a file.
  private(set) var epilogue = Epilogue.none
}

// MARK: - ONNX

extension BatchNormalization {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    epsilon = try node.float("epsilon", default: 1e-5)
    momentum = try node.float("momentum", default: 0.9)
    // A hint of opset 1 for sharing memory; with one output, is_test changes nothing.
    if node.opset < 6 { node.ignore("consumed_inputs") }
    if node.opset < 7 { node.ignore("is_test") }
    if node.opset < 9, try node.int("spatial", default: 1) == 0 {
      throw ONNXError(
        "attribute spatial is 0, statistics for each pixel; graft reads 1, one for each channel")
    }
    usesBatch = node.opset >= 14 ? try node.int("training_mode", default: 0) != 0 : false
    outputCount = node.outputCount
    guard epsilon >= 0, epsilon.isFinite, momentum.isFinite else {
      throw ONNXError(
        "attributes epsilon \(epsilon) and momentum \(momentum); expected epsilon at least 0")
    }
    guard outputCount == 1 || (usesBatch && outputCount == 3) else {
      throw ONNXError(
        "\(outputCount) outputs, as in a network exported for training; expected 1. "
          + "Export it in evaluation mode")
    }
  }

  /// - Precondition: the epilogue is empty; it exists only within a plan.
  package func encode(into node: inout NodeEncoder) {
    precondition(epilogue == .none, "a fused normalisation is not for export")
    node.set("epsilon", epsilon)
    node.set("momentum", momentum)
    if node.opset < 7 { node.set("is_test", 1) }
    guard usesBatch else { return }
    node.require(opset: 14, for: "training_mode")
    node.set("training_mode", 1)
  }
}

// MARK: - Shapes and memory

extension BatchNormalization {
  package static var layouts: OperatorLayouts { .channelsLast }
  package var gradientNeeds: GradientNeeds { epilogue.gradientNeeds.union(.inputs) }
  package static var beginsGradients: Bool { true }

  package func inputSharingGradient(inputCount: Int) -> Int? {
    epilogue.hasResidual ? inputCount - 1 : nil
  }

  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    guard inputs.count == 5 + epilogue.residualCount else {
      throw ShapeError("\(inputs.count) inputs; expected X, scale, B, mean and variance")
    }
    let x = inputs[0]
    guard x.rank == 2 || x.rank == 4 else {
      throw ShapeError("X has shape \(x); expected [N, C] or [N, C, H, W]")
    }
    for (shape, name) in zip(inputs[1..<5], ["scale", "B", "mean", "variance"])
    where shape != [x[1]] {
      throw ShapeError("\(name) has shape \(shape); X \(x) has \(x[1]) channels")
    }
    if epilogue.hasResidual, inputs[5] != x {
      throw ShapeError("the residual has shape \(inputs[5]); expected \(x)")
    }
    return outputCount == 3 ? [x, inputs[3], inputs[4]] : [x]
  }

  package func role(ofInput index: Int, shape: Shape) -> ParameterRole {
    index == 1 ? .scale : index == 2 ? .bias : .buffer
  }

  package func memory(for context: PlanningContext) -> OperatorMemory {
    let channels = context.inputs[0][1]
    return OperatorMemory(
      saved: usesBatch ? [channels, channels] : [], scratchFloats: 4 * channels,
      backwardScratchFloats: 3 * channels)
  }

  package func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int {
    Int.saturatingProduct(2, inputs[0].elementCount)
  }

  private func inverseDeviation(_ variance: Double) -> Float {
    Float(1 / (variance + Double(epsilon)).squareRoot())
  }
}

// MARK: - Forward

extension BatchNormalization {
  package func forward(_ pass: ForwardPass) {
    let (x, y) = (pass.inputs[0], pass.outputs[0])
    let channels = x.shape[1]
    let (factor, offset) = (pass.scratch, pass.scratch + channels)
    if usesBatch && pass.mode == .training {
      measure(pass, factor, offset)
    } else {
      let (mean, variance) = (pass.inputs[3].base, pass.inputs[4].base)
      for c in 0..<channels {
        fold(pass, c, mean[c], inverseDeviation(Double(variance[c])), factor, offset)
      }
      if pass.outputs.count == 3 {
        Kernels.copy(mean, pass.outputs[1].base, count: channels)
        Kernels.copy(variance, pass.outputs[2].base, count: channels)
      }
    }
    Kernels.scaleColumns(
      x.base, factor: factor, offset: offset,
      residual: epilogue.hasResidual ? pass.inputs[5].base : nil, limits: epilogue.limits, y.base,
      rows: x.count / max(1, channels), columns: channels)
  }

  /// `Y = X · factor + offset`
  private func fold(
    _ pass: ForwardPass, _ c: Int, _ mean: Float, _ inverse: Float,
    _ factor: UnsafeMutablePointer<Float>, _ offset: UnsafeMutablePointer<Float>
  ) {
    factor[c] = pass.inputs[1].base[c] * inverse
    offset[c] = pass.inputs[2].base[c] - mean * factor[c]
  }

  /// The statistics of the batch: into factor and offset, saved, and the new running ones.
  private func measure(
    _ pass: ForwardPass, _ factor: UnsafeMutablePointer<Float>,
    _ offset: UnsafeMutablePointer<Float>
  ) {
    let x = pass.inputs[0]
    let channels = x.shape[1]
    let (kept, weight) = (Double(momentum), 1 - Double(momentum))
    let rows = x.count / max(1, channels)
    Kernels.columnMoments(x.base, rows: rows, columns: channels) { c, mean, variance in
      let inverse = inverseDeviation(variance)
      fold(pass, c, Float(mean), inverse, factor, offset)
      pass.saved[0].base[c] = Float(mean)
      pass.saved[1].base[c] = inverse
      guard pass.outputs.count == 3 else { return }
      pass.outputs[1].base[c] = Float(Double(pass.inputs[3].base[c]) * kept + mean * weight)
      pass.outputs[2].base[c] = Float(Double(pass.inputs[4].base[c]) * kept + variance * weight)
    }
  }
}

// MARK: - Backward

extension BatchNormalization {
  package func backward(_ pass: BackwardPass) {
    guard let dy = pass.outputGradients[0] else { return }
    let (x, scale) = (pass.inputs[0], pass.inputs[1].base)
    let channels = x.shape[1]
    let rows = x.count / max(1, channels)
    let factor = pass.scratch
    let (slope, offset) = (factor + channels, factor + 2 * channels)
    for c in 0..<channels { factor[c] = scale[c] * inverse(pass, c) }
    takeSums(dy, pass, factor, slope, offset)
    if let dx = pass.inputGradients[0] {
      Kernels.addScaledColumns(
        dy.base, factor: factor, usesBatch ? x.base : nil, slope: slope, offset: offset, dx.base,
        rows: rows, columns: channels, begins: pass.begins(0))
    }
    pass.addResidualGradient(dy, of: epilogue)
  }

  private func inverse(_ pass: BackwardPass, _ c: Int) -> Float {
    usesBatch ? pass.saved[1].base[c] : inverseDeviation(Double(pass.inputs[4].base[c]))
  }

  /// Takes from dY what the activation held back, and from its sums the gradients of scale and B and
  /// what dX has to be corrected by.
  private func takeSums(
    _ dy: MutableTensorView, _ pass: BackwardPass, _ factor: UnsafeMutablePointer<Float>,
    _ slope: UnsafeMutablePointer<Float>, _ offset: UnsafeMutablePointer<Float>
  ) {
    let (x, y) = (pass.inputs[0], pass.outputs[0])
    let (dscale, dbias) = (pass.inputGradients[1], pass.inputGradients[2])
    let columns = x.shape[1]
    let rows = x.count / max(1, columns)
    let mean = usesBatch ? pass.saved[0].base : pass.inputs[3].base
    func take(_ c: Int, _ sum: Double, _ product: Double) {
      // Σ dY · X̂
      let weighted = (product - Double(mean[c]) * sum) * Double(inverse(pass, c))
      dscale?.base[c] += Float(weighted)
      dbias?.base[c] += Float(sum)
      let shared = Double(factor[c]) / Double(rows)
      let bend = -shared * weighted * Double(inverse(pass, c))
      slope[c] = Float(bend)
      offset[c] = Float(-shared * sum - bend * Double(mean[c]))
    }
    let limited = epilogue.activation != .none
    switch (limited, usesBatch || dscale != nil || dbias != nil) {
    case (false, false): break
    case (false, true):
      Kernels.columnSums(dy.base, x.base, rows: rows, columns: columns, take)
    case (true, false):
      Kernels.addPassed(
        y.base, dy.base, dy.base, count: dy.count, epilogue.limits, begins: true)
    case (true, true):
      Kernels.passedColumnSums(
        dy.base, result: y.base, epilogue.limits, x.base, rows: rows, columns: columns, take)
    }
  }
}

// MARK: - Statistics of the batch

extension BatchNormalization: BatchStatisticsOperator {
  package func usingBatchStatistics(_ uses: Bool) -> BatchNormalization {
    var changed = self
    changed.usesBatch = uses
    changed.outputCount = uses ? 3 : 1
    return changed
  }

  package var updatedInputs: [Int] { outputCount == 3 ? [3, 4] : [] }
}

// MARK: - Fusion

extension BatchNormalization: ChannelAffineOperator {
  package func channelAffine(parameters: [Tensor]) -> (scale: [Float], shift: [Float])? {
    guard !usesBatch, epilogue == .none, parameters.count == 4 else { return nil }
    let (scale, bias) = (parameters[0].elements, parameters[1].elements)
    let (mean, variance) = (parameters[2].elements, parameters[3].elements)
    // In Double, so that folding rounds once.
    let factors = scale.indices.map {
      Double(scale[$0]) / (Double(variance[$0]) + Double(epsilon)).squareRoot()
    }
    let shifts = scale.indices.map { Double(bias[$0]) - Double(mean[$0]) * factors[$0] }
    return (factors.map { Float($0) }, shifts.map { Float($0) })
  }
}

extension BatchNormalization: EpilogueAcceptingOperator {
  package func fusing(_ activation: FusedActivation) -> BatchNormalization? {
    epilogue.fusing(activation).map(ending)
  }

  package func fusingResidual(inputCount: Int) -> BatchNormalization? {
    epilogue.fusingResidual().map(ending)
  }

  private func ending(_ epilogue: Epilogue) -> BatchNormalization {
    var fused = self
    fused.epilogue = epilogue
    return fused
  }
}
