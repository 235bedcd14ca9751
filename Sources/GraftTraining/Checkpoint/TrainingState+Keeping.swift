public import GraftTensor

/// A state as a checkpoint keeps it: numbers that JSON says, and tensors by name.
extension TrainingState {
  /// What of a state is no tensor.
  public struct Numbers: Codable, Hashable, Sendable {
    var step: Int
    var epoch: Int
    var stepInEpoch: Int
    var pass: EpochPass
    var history: [EpochMetrics]
    var optimizerSteps: [String: Int]
    var average: Average?
    var bestEpoch: Int?
    var bestAccuracy: Double?
    var bestLoss: Double?

    struct Average: Codable, Hashable {
      var decay: Float
      var isWarmingUp: Bool
      var step: Int
      var count: Int
    }
  }

  /// What of this state is no tensor.
  public var numbers: Numbers {
    Numbers(
      step: step, epoch: epoch, stepInEpoch: stepInEpoch, pass: pass, history: history,
      optimizerSteps: optimizer.mapValues(\.step),
      average: average.map {
        .init(
          decay: $0.decay, isWarmingUp: $0.isWarmingUp, step: $0.step, count: $0.averages.count)
      }, bestEpoch: best?.epoch, bestAccuracy: best?.accuracy,
      bestLoss: best?.loss)
  }

  /// The tensors of this state; the prefixes keep the kinds apart.
  public var tensors: [String: Tensor] {
    var all: [String: Tensor] = [:]
    for (name, tensor) in values { all["value/\(name)"] = tensor }
    for (name, state) in optimizer {
      for (slot, tensor) in state.slots.enumerated() { all["slot\(slot)/\(name)"] = tensor }
    }
    for (place, tensor) in (average?.averages ?? []).enumerated() {
      all["average/\(place)"] = tensor
    }
    for (name, tensor) in best?.values ?? [:] { all["best/\(name)"] = tensor }
    all["logits"] = best?.validationLogits
    return all
  }

  /// A state that was kept.
  ///
  /// - Throws: where a tensor is missing.
  public init(_ numbers: Numbers, tensors: [String: Tensor]) throws(TrainingError) {
    let slots = (0...).lazy.map { tensors.group("slot\($0)") }.prefix { !$0.isEmpty }
    var optimizer: [String: OptimizerState] = [:]
    for (name, step) in numbers.optimizerSteps {
      optimizer[name] = OptimizerState(step: step, slots: slots.compactMap { $0[name] })
    }
    var average: WeightAverage?
    if let kept = numbers.average {
      let averages = (0..<kept.count).compactMap { tensors["average/\($0)"] }
      guard averages.count == kept.count else {
        throw TrainingError("the checkpoint lacks averages of weights", kind: .badData)
      }
      average = WeightAverage(
        decay: kept.decay, isWarmingUp: kept.isWarmingUp, step: kept.step, averages: averages)
    }
    let best = numbers.bestEpoch.map { epoch in
      Best(
        epoch: epoch, accuracy: numbers.bestAccuracy ?? 0, loss: numbers.bestLoss ?? .infinity,
        values: tensors.group("best"),
        validationLogits: tensors["logits"])
    }
    self.init(
      values: tensors.group("value"), optimizer: optimizer, average: average, step: numbers.step,
      epoch: numbers.epoch, stepInEpoch: numbers.stepInEpoch, pass: numbers.pass,
      history: numbers.history, best: best)
  }
}
