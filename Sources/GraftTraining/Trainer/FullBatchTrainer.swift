import GraftData
import GraftGraph
import GraftTensor

/// Trains a head to the minimum of its loss with ``LBFGS``: every step sees all samples.
///
///     mean loss of the training samples + λ/2·Σ w²        λ: weight decay, w: weights, not biases
///
/// A head of one layer on kept features has one minimum, which this finds in some dozens of steps
/// without a learning rate to choose. An epoch is one step of ``LBFGS``. Validation judges each as in
/// ``Trainer``: the epoch with the highest accuracy is kept, of equals that with the lowest loss, and
/// the run ends when `patience` epochs bring no better one, or at the minimum.
///
/// Nothing is random but what the network itself draws, always the same. There is no state to go on
/// from: such a head takes seconds, and beginning anew gives the same weights.
public struct FullBatchTrainer {
  /// The settings of every run.
  public let options: TrainingOptions
  fileprivate let loss: any Loss
  /// The loss without label smoothing, which is for learning only.
  fileprivate let judgingLoss: any Loss
  private let minimizer = LBFGS()

  /// Steps that gain less of the loss than this are at the minimum: the logits are Floats, whose
  /// rounding leaves about this much of a mean uncertain.
  private static let rounding = 1e-9

  /// - Throws: a setting outside its range, an unknown name, or a setting that ``LBFGS`` has no use
  ///   for.
  public init(_ options: TrainingOptions) throws(TrainingError) {
    try options.validate()
    guard options.seesAllSamples else {
      throw TrainingError(
        "\(options.optimizer) learns from batches; expected "
          + OptimizerCatalog.fullBatchNames.joined(separator: ", "), kind: .badSetting)
    }
    try options.refuseSettingsOfBatches()
    self.options = options
    loss = try LossCatalog.make(
      options.loss, labelSmoothing: options.labelSmoothing, classWeights: options.classWeights,
      positiveWeights: options.positiveWeights)
    judgingLoss = try LossCatalog.make(
      options.loss, classWeights: options.classWeights, positiveWeights: options.positiveWeights)
  }

  /// Trains until the minimum, the epochs or the patience are reached, or the caller says stop. The
  /// network then has the weights of the best epoch.
  ///
  /// - Parameter onEvent: hears of every epoch, which is one step; the learning rate it is told is
  ///   the length of that step.
  /// - Throws: where the samples do not fit, or the loss is not finite.
  public func fit<Network: TrainableNetwork>(
    _ network: Network, training: some SampleSource, validation: (any SampleSource)?,
    onEvent: (TrainingEvent) throws(TrainingError) -> Directive = { _ in .proceed }
  ) throws(TrainingError) -> TrainingResult<Network.Snapshot> {
    try options.check(training, validation, against: network)
    guard network.runningBuffers.isEmpty else {
      throw TrainingError(
        "\(options.optimizer) trains no layers that normalise with the statistics of a batch",
        kind: .badSetting)
    }
    var run = FullBatchRun(network, self, training)
    let first = try run.evaluate(run.position)
    guard first.value.isFinite else { throw run.notFinite("training loss is \(first.value)") }
    var state = LBFGS.State(
      LBFGS.Point(position: run.position, value: first.value, gradient: first.gradient))

    for epoch in 1...options.epochs {
      let before = state.point.value
      let length = try minimizer.step(&state) {
        (position) throws(TrainingError) in try run.evaluate(position)
      }
      if length == nil, epoch > 1 { break }
      run.write(state.point.position)
      let step = StepMetrics(
        epoch: epoch, step: 1, stepsPerEpoch: 1, loss: state.point.value, learningRate: length ?? 0)
      if try onEvent(.stepEnded(step)) == .stop { return run.result(.stopped) }
      let metrics = try run.judge(state.point.position, epoch, length: length ?? 0, on: validation)
      let directive = try onEvent(.epochEnded(metrics))
      if length == nil || before - state.point.value <= Self.rounding * abs(before) { break }
      if directive == .stop, epoch < options.epochs { return run.result(.stopped) }
      if epoch - run.bestEpoch >= options.patience { return run.result(.noImprovement) }
    }
    return run.result(.completed)
  }
}

// MARK: - Settings

extension TrainingOptions {
  /// Does every step see all samples? ``FullBatchTrainer`` then trains, otherwise ``Trainer``.
  public var seesAllSamples: Bool { OptimizerCatalog.fullBatchNames.contains(optimizer) }

  /// - Throws: the first setting that means something for steps of batches only.
  fileprivate func refuseSettingsOfBatches() throws(TrainingError) {
    let settings: [(String, Bool)] = [
      ("learning rate", learningRate != nil), ("base batch", baseBatch != nil),
      ("momentum", momentum != nil), ("L1", l1 != 0),
      ("highest norm of the gradient", gradientClip != nil),
      ("average of the weights", averageDecay != nil),
      ("schedule", schedule != TrainingOptions().schedule), ("warmup", warmupSteps != 0),
      ("layer decay", layerDecay != 1), ("mixing", mixing != nil),
    ]
    for (name, isSet) in settings where isSet {
      throw TrainingError(
        "\(optimizer) has no \(name)", kind: .badSetting,
        hints: ["Its steps see all samples and are as long as the loss falls."])
    }
  }
}

// MARK: - A run

/// A network, its samples, and the best it has been.
private struct FullBatchRun<Network: TrainableNetwork, Samples: SampleSource> {
  private let network: Network
  private let trainer: FullBatchTrainer
  private let samples: Samples
  private let parameters: [LearnedParameter]
  private var memory: BatchMemory
  /// What the sum of the samples' losses is divided by; nil before it was asked for.
  private var total: Double?
  private var history: [EpochMetrics] = []
  private var best: (judged: TrainingState.Best, position: [Double])?

  private var options: TrainingOptions { trainer.options }
  private var task: LearningTask { options.task ?? .classification }

  init(_ network: Network, _ trainer: FullBatchTrainer, _ samples: Samples) {
    self.network = network
    self.trainer = trainer
    self.samples = samples
    parameters = network.learnedParameters
    memory = BatchMemory(samples, batchSize: trainer.options.batchOfParts)
  }

  var bestEpoch: Int { best?.judged.epoch ?? 0 }

  /// The parameters one after the other.
  var position: [Double] { parameters.flatMap { $0.value.elements.map(Double.init) } }

  func write(_ position: [Double]) {
    forEachParameter { parameter, range in
      for (i, place) in range.enumerated() { parameter.value.base[i] = Float(position[place]) }
    }
    network.parametersChanged()
  }

  private func forEachParameter(_ body: (LearnedParameter, Range<Int>) -> Void) {
    var start = 0
    for parameter in parameters {
      body(parameter, start..<start + parameter.value.count)
      start += parameter.value.count
    }
  }

  /// The network gets the weights of the best epoch.
  func result(
    _ outcome: TrainingResult<Network.Snapshot>.Outcome
  ) -> TrainingResult<Network.Snapshot> {
    if let best { write(best.position) }
    return TrainingResult(
      outcome: outcome, weights: network.snapshot(), bestEpoch: bestEpoch, epochs: history,
      validationLogits: best?.judged.validationLogits)
  }

  func notFinite(_ fact: String) -> TrainingError {
    TrainingError(
      "\(fact); some weights or features are not finite numbers", kind: .diverged,
      hints: ["'graft inspect' tells which weights."])
  }
}

extension FullBatchRun {
  /// What is made small, and its gradient; batch by batch, in the order of the samples.
  mutating func evaluate(
    _ position: [Double]
  ) throws(TrainingError) -> (value: Double, gradient: [Double]) {
    write(position)
    if total == nil { total = weightOfTargets() }
    network.zeroGradients()
    var value = 0.0
    for (number, rows) in batches.enumerated() {
      let input = try memory.read(rows, of: samples, epoch: 1)
      var generator = SeededGenerator(options.seed, number)
      let outputs = network.forward(input.readOnly, seed: generator.next())
      let targets = memory.targets(of: rows, in: samples, outputs: network.outputCount)
      value += trainer.loss.evaluate(
        outputs, targets: targets.readOnly, total: total!, gradient: network.outputGradient)
      network.backward()
    }
    var gradient = [Double](repeating: 0, count: position.count)
    let decay = Double(options.weightDecay)
    forEachParameter { parameter, range in
      let pull = parameter.role == .weight ? decay : 0
      for (i, place) in range.enumerated() {
        gradient[place] = Double(parameter.gradient.base[i]) + pull * position[place]
        value += pull / 2 * position[place] * position[place]
      }
    }
    return (value, gradient)
  }

  private var batches: [ArraySlice<Int>] {
    let indices = Array(0..<samples.count)
    return stride(from: 0, to: samples.count, by: options.batchOfParts).map {
      indices[$0..<min($0 + options.batchOfParts, samples.count)]
    }
  }

  private mutating func weightOfTargets() -> Double {
    batches.reduce(0) { sum, rows in
      let targets = memory.targets(of: rows, in: samples, outputs: network.outputCount)
      return sum + trainer.loss.weight(of: targets.readOnly)
    }
  }

  /// Measures what the network has come to, and keeps it if it is the best so far.
  mutating func judge(
    _ position: [Double], _ epoch: Int, length: Double, on validation: (any SampleSource)?
  ) throws(TrainingError) -> EpochMetrics {
    let learned = try Evaluation(
      of: network, on: samples, batchSize: options.batchOfParts, loss: trainer.loss)
    var judged: Evaluation?
    if let validation, validation.count > 0 {
      judged = try Evaluation(
        of: network, on: validation, batchSize: options.batchOfParts, loss: trainer.judgingLoss)
    }
    if let loss = judged?.loss, !loss.isFinite { throw notFinite("validation loss is \(loss)") }
    let isCounted = task != .regression
    var metrics = EpochMetrics(
      epoch: epoch, trainingLoss: learned.loss,
      trainingAccuracy: isCounted ? learned.accuracy(of: task).value : nil,
      validationLoss: judged?.loss,
      validationAccuracy: isCounted ? judged?.accuracy(of: task).value : nil,
      validationAveragePrecision: judged?.averagePrecision(of: task), learningRate: length,
      isBest: true)
    metrics.isBest =
      judged.map { best?.judged.isBeaten(by: metrics.score, loss: $0.loss) ?? true } ?? true
    if metrics.isBest {
      let found = TrainingState.Best(
        epoch: epoch, accuracy: metrics.score, loss: judged?.loss ?? .infinity, values: [:],
        validationLogits: judged?.logits)
      best = (found, position)
    }
    history.append(metrics)
    return metrics
  }
}
