import GraftTensor

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What changes while a network is trained: the optimizer's memory, the step, the best so far.
struct TrainingRun<Network: TrainableNetwork> {
  let network: Network
  /// Labels are below this.
  let classes: Int
  let stepsPerEpoch: Int
  let options: TrainingOptions
  let loss: any Loss
  let optimizer: any Optimizer
  let schedule: any Schedule
  /// The highest rate of the schedule.
  let peakRate: Float

  private let parameters: [LearnedParameter]
  private var states: [OptimizerState]
  private var step = 0
  private var history: [EpochMetrics] = []
  private var best: Best?

  private struct Best {
    var epoch: Int
    var loss: Double
    var weights: Network.Snapshot
    var validationLogits: Tensor?
  }

  init(
    network: Network, classes: Int, stepsPerEpoch: Int, options: TrainingOptions, loss: any Loss,
    optimizer: any Optimizer, schedule: any Schedule, peakRate: Float
  ) {
    self.network = network
    self.classes = classes
    self.stepsPerEpoch = stepsPerEpoch
    self.options = options
    self.loss = loss
    self.optimizer = optimizer
    self.schedule = schedule
    self.peakRate = peakRate
    parameters = network.learnedParameters
    states = parameters.map { optimizer.makeState(for: $0.value.shape) }
  }

  var bestEpoch: Int { best?.epoch ?? 0 }

  func result(
    _ outcome: TrainingResult<Network.Snapshot>.Outcome
  ) throws(TrainingError) -> TrainingResult<Network.Snapshot> {
    if case .diverged(let error) = outcome, best == nil { throw error }
    return TrainingResult(
      outcome: outcome, weights: best?.weights ?? network.snapshot(), bestEpoch: bestEpoch,
      epochs: history, validationLogits: best?.validationLogits)
  }
}

/// What one pass over the training samples measured.
struct EpochPass {
  var lossSum = 0.0
  var accuracy = Accuracy()
  var isStopped = false
}

// MARK: - Training

extension TrainingRun {
  mutating func trainEpoch(
    _ epoch: Int, on samples: some SampleSource,
    onEvent: (TrainingEvent) throws(TrainingError) -> Directive
  ) throws(TrainingError) -> EpochPass {
    var generator = SeededGenerator(options.seed, epoch)
    let labels = samples.labels
    let order = generator.permutation(of: samples.count)
    var batch = BatchMemory(samples, batchSize: options.batchSize)
    var pass = EpochPass()
    for stepInEpoch in 1...stepsPerEpoch {
      let indices = order.dropFirst((stepInEpoch - 1) * options.batchSize)
        .prefix(options.batchSize)
      let rate = schedule.rate(at: step)
      let loss = try train(
        on: batch.read(indices, of: samples, epoch: epoch),
        labels: indices.map { labels[$0] }, rate: rate, epoch: epoch,
        stepInEpoch: stepInEpoch, pass: &pass)
      let metrics = StepMetrics(
        epoch: epoch, step: stepInEpoch, stepsPerEpoch: stepsPerEpoch, loss: loss,
        learningRate: Double(rate))
      if try onEvent(.stepEnded(metrics)) == .stop {
        pass.isStopped = true
        return pass
      }
    }
    return pass
  }

  /// One step. The loss is judged before the update, so a bad batch never reaches the weights.
  private mutating func train(
    on input: TensorView, labels: [Int], rate: Float, epoch: Int, stepInEpoch: Int,
    pass: inout EpochPass
  ) throws(TrainingError) -> Double {
    var generator = SeededGenerator(options.seed, epoch, stepInEpoch)
    let logits = network.forward(input, seed: generator.next())
    try check(logits)
    let loss = self.loss.evaluate(logits, labels: labels, gradient: network.outputGradient)
    guard loss.isFinite else {
      throw diverged("training loss is \(loss)", epoch: epoch, step: stepInEpoch)
    }
    pass.lossSum += Double(loss) * Double(labels.count)
    let accuracy = Accuracy(logits: logits, labels: labels)
    pass.accuracy.correct += accuracy.correct
    pass.accuracy.total += accuracy.total
    network.zeroGradients()  // from here on the logits are gone
    network.backward()
    for (index, parameter) in parameters.enumerated() {
      optimizer.update(
        parameter.value, gradient: parameter.gradient.readOnly, role: parameter.role,
        state: &states[index], rate: rate)
    }
    network.parametersChanged()
    step += 1
    return Double(loss)
  }

  private func check(_ logits: TensorView) throws(TrainingError) {
    let outputs = logits.shape.elementCountPerImage
    guard outputs >= classes else {
      throw TrainingError(
        "the network has \(outputs) outputs; the labels need \(classes)", kind: .badData)
    }
    guard options.classWeights == nil || options.classWeights!.count == outputs else {
      throw TrainingError(
        "there are \(options.classWeights!.count) class weights; expected \(outputs), one for each "
          + "output of the network", kind: .badSetting)
    }
  }
}

// MARK: - Validation

extension TrainingRun {
  /// Judges the weights after an epoch and keeps them if they are the best so far. Without
  /// validation samples the last epoch is the best.
  mutating func judgeEpoch(
    _ epoch: Int, after pass: EpochPass, on validation: (any SampleSource)?
  ) throws(TrainingError) -> EpochMetrics {
    let rate = schedule.rate(at: step - 1)
    var evaluation: Evaluation?
    if let validation, validation.count > 0 {
      evaluation = try Evaluation(
        of: network.inferenceNetwork(), on: validation, batchSize: options.batchSize,
        loss: SoftmaxCrossEntropy(classWeights: options.classWeights))  // smoothing is for learning
    }
    if let loss = evaluation?.loss, !loss.isFinite {
      throw diverged("validation loss is \(loss)", epoch: epoch, step: stepsPerEpoch)
    }
    let isBest = evaluation.map { $0.loss < best?.loss ?? .infinity } ?? true
    if isBest {
      best = Best(
        epoch: epoch, loss: evaluation?.loss ?? .infinity, weights: network.snapshot(),
        validationLogits: evaluation?.logits)
    }
    let metrics = EpochMetrics(
      epoch: epoch, trainingLoss: pass.lossSum / Double(pass.accuracy.total),
      trainingAccuracy: pass.accuracy.value, validationLoss: evaluation?.loss,
      validationAccuracy: evaluation?.accuracy.value, learningRate: Double(rate), isBest: isBest)
    history.append(metrics)
    return metrics
  }
}

// MARK: - Divergence

extension TrainingRun {
  private func diverged(_ fact: String, epoch: Int, step: Int) -> TrainingError {
    TrainingError(
      "epoch \(epoch), step \(step): \(fact); training diverged with learning rate "
        + rounded(peakRate),
      kind: .diverged, hints: ["Try a lower rate, such as --lr \(rounded(peakRate / 10))."])
  }

  /// Two significant digits.
  private func rounded(_ rate: Float) -> String {
    let unit = pow(10, floor(log10(Double(rate))) - 1)
    // A quotient of two integers, the closest Double to what is printed.
    return unit < 1
      ? "\((Double(rate) / unit).rounded() / (1 / unit).rounded())"
      : "\((Double(rate) / unit).rounded() * unit)"
  }
}
