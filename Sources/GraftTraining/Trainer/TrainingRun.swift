import GraftData
import GraftTensor

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A run under way: the network, and what changes while it is trained.
struct TrainingRun<Network: TrainableNetwork> {
  let network: Network
  let trainer: Trainer
  let stepsPerEpoch: Int
  let schedule: any Schedule
  /// The highest rate of the schedule.
  let peakRate: Float

  private var options: TrainingOptions { trainer.options }
  private var task: LearningTask { options.task ?? .classification }
  private let parameters: [LearnedParameter]
  private let buffers: [RunningBuffer]
  private var optimizerStates: [OptimizerState]
  private var average: WeightAverage?
  private var step = 0
  private(set) var epoch = 1
  private var stepInEpoch = 0
  private var pass = EpochPass()
  private var history: [EpochMetrics] = []
  private var best: TrainingState.Best?

  /// - Parameter schedule: in place of that of the settings.
  init(
    _ network: Network, _ trainer: Trainer, samples: Int, schedule: (any Schedule)? = nil
  ) throws(TrainingError) {
    self.network = network
    self.trainer = trainer
    let options = trainer.options
    stepsPerEpoch = (samples + options.batchSize - 1) / options.batchSize
    let (totalSteps, overflow) = stepsPerEpoch.multipliedReportingOverflow(by: options.epochs)
    guard !overflow else {
      throw TrainingError(
        "\(options.epochs) epochs are more than can be counted", kind: .badSetting)
    }
    peakRate = try options.peakRate()
    let usual = try ScheduleCatalog.make(
      options.schedule, rate: peakRate, steps: totalSteps, warmup: options.warmupSteps,
      movesMomentum: options.momentum == nil)
    self.schedule = schedule ?? usual
    parameters = network.learnedParameters
    buffers = network.runningBuffers
    optimizerStates = parameters.map { trainer.optimizer.makeState(for: $0.value.shape) }
    average = options.averageDecay.map { WeightAverage(of: network.learnedParameters, decay: $0) }
  }

  var bestEpoch: Int { best?.epoch ?? 0 }

  /// The network gets the weights of the best epoch.
  func result(
    _ outcome: TrainingResult<Network.Snapshot>.Outcome
  ) throws(TrainingError) -> TrainingResult<Network.Snapshot> {
    if case .diverged(let error) = outcome, best == nil { throw error }
    if let best { try write(best.values) }
    return TrainingResult(
      outcome: outcome, weights: network.snapshot(), bestEpoch: bestEpoch, epochs: history,
      validationLogits: best?.validationLogits)
  }
}

// MARK: - State

extension TrainingRun {
  /// Everything that a later run needs to go on from here.
  var state: TrainingState {
    TrainingState(
      values: values,
      optimizer: Dictionary(
        uniqueKeysWithValues: zip(parameters.map(\.name), optimizerStates)),
      average: average, step: step, epoch: epoch, stepInEpoch: stepInEpoch, pass: pass,
      history: history, best: best)
  }

  /// - Throws: where the state is of another network or of other settings.
  mutating func restore(_ state: TrainingState) throws(TrainingError) {
    guard state.epoch >= 1, state.epoch <= options.epochs,
      (0...stepsPerEpoch).contains(state.stepInEpoch),
      state.step == (state.epoch - 1) * stepsPerEpoch + state.stepInEpoch
    else {
      throw .foreignState("epoch \(state.epoch), step \(state.stepInEpoch) of \(stepsPerEpoch)")
    }
    try write(state.values)
    for (index, parameter) in parameters.enumerated() {
      guard let kept = state.optimizer[parameter.name],
        kept.slots.count == trainer.optimizer.slotCount,
        kept.slots.allSatisfy({ $0.shape == parameter.value.shape })
      else { throw .foreignState("what is kept of '\(parameter.name)'") }
      optimizerStates[index] = kept
    }
    guard state.average?.decay == options.averageDecay,
      state.average.map({ $0.averages.map(\.shape) == parameters.map(\.value.shape) }) ?? true
    else { throw .foreignState("its average of the weights") }
    average = state.average
    (step, epoch, stepInEpoch, pass) = (state.step, state.epoch, state.stepInEpoch, state.pass)
    (history, best) = (state.history, state.best)
  }

  /// Weights and running statistics, copied.
  private var values: [String: Tensor] {
    var values: [String: Tensor] = [:]
    for parameter in parameters { values[parameter.name] = Tensor(copying: parameter.value) }
    for buffer in buffers { values[buffer.name] = Tensor(copying: buffer.value) }
    return values
  }

  private func write(_ values: [String: Tensor]) throws(TrainingError) {
    let windows = parameters.map { ($0.name, $0.value) } + buffers.map { ($0.name, $0.value) }
    for (name, window) in windows {
      guard let tensor = values[name], tensor.shape == window.shape else {
        throw .foreignState("'\(name)' of shape \(values[name]?.shape ?? [])")
      }
      tensor.withUnsafeElements { _ = window.elements.update(from: $0) }
    }
    network.parametersChanged()
  }
}

extension Tensor {
  /// What a window shows, as a value.
  fileprivate init(copying window: MutableTensorView) {
    self.init(unsafeUninitialized: window.shape) {
      $0.update(from: window.base, count: window.count)
    }
  }
}

extension TrainingError {
  fileprivate static func foreignState(_ finding: String) -> TrainingError {
    TrainingError(
      "the checkpoint does not belong to this network and these settings: \(finding)",
      kind: .badData)
  }
}

// MARK: - Training

extension TrainingRun {
  /// Trains what is left of an epoch.
  ///
  /// - Returns: did the caller stop the run?
  mutating func trainEpoch(
    _ epoch: Int, on samples: some SampleSource,
    onEvent: (TrainingEvent) throws(TrainingError) -> Directive
  ) throws(TrainingError) -> Bool {
    var generator = SeededGenerator(options.seed, epoch)
    let labels = samples.labels
    let order = generator.permutation(of: samples.count)
    var memory = BatchMemory(samples, batchSize: options.batchSize)
    self.epoch = epoch
    while stepInEpoch < stepsPerEpoch {
      let rest = order.dropFirst(stepInEpoch * options.batchSize)
      let indices = rest.prefix(options.batchSize)
      let input = try memory.read(indices, of: samples, epoch: epoch)
      let targets = memory.targets(of: indices, in: samples, outputs: network.outputCount)
      samples.prefetch(rest.dropFirst(options.batchSize).prefix(options.batchSize), epoch: epoch)
      var batch = TrainingBatch(input: input, targets: targets, labels: indices.map { labels[$0] })
      mix(&batch)
      let rate = schedule.rate(at: step)
      let loss = try learn(batch, rate: rate)
      step += 1
      stepInEpoch += 1
      let metrics = StepMetrics(
        epoch: epoch, step: stepInEpoch, stepsPerEpoch: stepsPerEpoch, loss: loss,
        learningRate: Double(rate))
      if try onEvent(.stepEnded(metrics)) == .stop { return true }
    }
    return false
  }

  /// Mixes the samples where that was asked for; the class of a mixed one is that of its larger part.
  private func mix(_ batch: inout TrainingBatch) {
    guard let mixing = trainer.mixing else { return }
    var generator = SeededGenerator(options.seed, mixingStream, epoch, stepInEpoch + 1)
    mixing.mix(batch.input, targets: batch.targets, using: &generator)
    batch.labels = Evaluation.predictions(in: batch.targets.readOnly)
  }

  /// One step. The loss is judged before the update, so a bad batch never reaches the weights.
  private mutating func learn(
    _ batch: TrainingBatch, rate: Float
  ) throws(TrainingError) -> Double {
    var generator = SeededGenerator(options.seed, epoch, stepInEpoch + 1)
    let total = trainer.loss.weight(of: batch.targets.readOnly)
    network.zeroGradients()
    var loss = 0.0
    for part in batch.parts(options.accumulation) {
      let logits = network.forward(part.input.readOnly, seed: generator.next())
      loss += trainer.loss.evaluate(
        logits, targets: part.targets.readOnly, total: total, gradient: network.outputGradient)
      guard loss.isFinite else {
        throw diverged("training loss is \(words(loss))", step: stepInEpoch + 1)
      }
      let accuracy = task.accuracy(
        logits: logits, labels: part.labels, targets: part.targets.readOnly)
      pass.accuracy.correct += accuracy.correct
      pass.accuracy.total += accuracy.total
      network.backward()  // from here on the logits are gone
    }
    if options.l1 > 0 { loss += L1(options.l1).addGradient(to: parameters) }
    pass.lossSum += loss * Double(batch.labels.count)
    if let norm = options.gradientClip { GradientClipping(maximumNorm: norm).clip(parameters) }
    let optimizer =
      schedule.momentum(at: step).map(trainer.optimizer.withMomentum) ?? trainer.optimizer
    for (index, parameter) in parameters.enumerated() {
      optimizer.update(
        parameter.value, gradient: parameter.gradient.readOnly, role: parameter.role,
        state: &optimizerStates[index], rate: rate * layerFactor(parameter.layer))
    }
    let learned = parameters
    average?.update(with: learned)
    network.parametersChanged()
    return loss
  }

  private func layerFactor(_ layer: Int) -> Float {
    options.layerDecay == 1 ? 1 : Float(pow(Double(options.layerDecay), Double(layer)))
  }
}

/// Keeps the draws apart from others of the same seed, epoch and number.
private let mixingStream = 0x6D69_7869_6E67

/// The samples of a step.
struct TrainingBatch {
  /// `[n, …]`
  var input: MutableTensorView
  /// `[n, K]`
  var targets: MutableTensorView
  /// The class of each sample, for the accuracy.
  var labels: [Int]

  /// So many consecutive parts of about equal size, fewer where there are fewer samples.
  func parts(_ count: Int) -> [TrainingBatch] {
    let size = (labels.count + count - 1) / count
    return stride(from: 0, to: labels.count, by: max(size, 1)).map { start in
      let rows = start..<min(start + size, labels.count)
      return TrainingBatch(
        input: input.rows(rows), targets: targets.rows(rows), labels: Array(labels[rows]))
    }
  }
}

extension MutableTensorView {
  /// Some rows of a batch.
  fileprivate func rows(_ rows: Range<Int>) -> MutableTensorView {
    MutableTensorView(
      shape.withBatch(rows.count), base + rows.lowerBound * shape.elementCountPerImage,
      layout: layout)
  }
}

// MARK: - Validation

extension TrainingRun {
  /// Judges the weights after an epoch and keeps them if they are the best so far. Without
  /// validation samples the last epoch is the best.
  mutating func judgeEpoch(
    _ epoch: Int, on validation: (any SampleSource)?
  ) throws(TrainingError) -> EpochMetrics {
    let rate = schedule.rate(at: step - 1)
    exchangeWithAverage()
    defer { exchangeWithAverage() }
    var evaluation: Evaluation?
    if let validation, validation.count > 0 {
      evaluation = try Evaluation(
        of: network, on: validation, batchSize: options.batchOfParts, loss: trainer.judgingLoss)
    }
    if let loss = evaluation?.loss, !loss.isFinite {
      throw diverged("validation loss is \(words(loss))", step: stepsPerEpoch)
    }
    var metrics = EpochMetrics(
      epoch: epoch, trainingLoss: pass.lossSum / Double(pass.accuracy.total),
      trainingAccuracy: task == .regression ? nil : pass.accuracy.value,
      validationLoss: evaluation?.loss,
      validationAccuracy: task == .regression ? nil : evaluation?.accuracy(of: task).value,
      validationAveragePrecision: evaluation?.averagePrecision(of: task),
      learningRate: Double(rate), isBest: true)
    metrics.isBest =
      evaluation.map { best?.isBeaten(by: metrics.score, loss: $0.loss) ?? true } ?? true
    if metrics.isBest {
      best = TrainingState.Best(
        epoch: epoch, accuracy: metrics.score, loss: evaluation?.loss ?? .infinity, values: values,
        validationLogits: evaluation?.logits)
    }
    history.append(metrics)
    beginNextEpoch()
    return metrics
  }

  mutating func beginNextEpoch() { (epoch, stepInEpoch, pass) = (epoch + 1, 0, EpochPass()) }
}

extension TrainingRun {
  /// Puts the averaged weights into the network and the network's into the average, or back.
  private mutating func exchangeWithAverage() {
    guard average != nil else { return }
    let learned = parameters
    average?.exchange(with: learned)
    network.parametersChanged()
  }
}

// MARK: - Divergence

extension TrainingRun {
  private func diverged(_ fact: String, step: Int) -> TrainingError {
    TrainingError(
      "epoch \(epoch), step \(step): \(fact); training diverged with learning rate "
        + rounded(peakRate),
      kind: .diverged, hints: ["Try a lower rate, such as --lr \(rounded(peakRate / 10))."])
  }

  /// Two significant digits; as a Float, of which no more are printed.
  private func rounded(_ rate: Float) -> String {
    let unit = pow(10, floor(log10(Double(rate))) - 1)
    return "\(Float((Double(rate) / unit).rounded() * unit))"
  }

  /// A NaN has a sign on some machines.
  private func words(_ loss: Double) -> String { loss.isNaN ? "nan" : "\(loss)" }
}
