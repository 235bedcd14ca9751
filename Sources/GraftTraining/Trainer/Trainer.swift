public import GraftTensor

/// Trains a network on labelled samples: forward, loss, backward, update, batch by batch.
///
/// After every epoch the validation samples are judged; the weights of the epoch with the lowest
/// validation loss are kept, and the run ends when `patience` epochs bring no lower one. The same
/// settings and samples give the same weights, whatever the number of threads.
public struct Trainer {
  /// The settings of every run.
  public let options: TrainingOptions
  private let loss: any Loss
  private let optimizer: any Optimizer

  /// - Throws: a setting outside its range, or an unknown name.
  public init(_ options: TrainingOptions) throws(TrainingError) {
    try options.validate()
    self.options = options
    loss = SoftmaxCrossEntropy(
      labelSmoothing: options.labelSmoothing, classWeights: options.classWeights)
    optimizer = try OptimizerCatalog.make(options.optimizer, weightDecay: options.weightDecay)
    _ = try ScheduleCatalog.make(options.schedule, rate: 1, steps: 1)  // is the name known?
  }

  /// Trains until the epochs are over, the patience is spent, the caller says stop, or the loss is
  /// not finite.
  ///
  /// - Throws: where the samples do not fit, or the run diverged before any epoch was complete.
  public func fit<Network: TrainableNetwork>(
    _ network: Network, training: some SampleSource, validation: (any SampleSource)?,
    onEvent: (TrainingEvent) throws(TrainingError) -> Directive = { _ in .proceed }
  ) throws(TrainingError) -> TrainingResult<Network.Snapshot> {
    guard !network.learnedParameters.isEmpty else {
      throw TrainingError(
        "nothing in the network is trainable; expected at least one parameter", kind: .badData)
    }
    let classes = try checkLabels(of: training, and: validation)
    let stepsPerEpoch = (training.count + options.batchSize - 1) / options.batchSize
    let (totalSteps, overflow) = stepsPerEpoch.multipliedReportingOverflow(by: options.epochs)
    guard !overflow else {
      throw TrainingError(
        "\(options.epochs) epochs are more than can be counted", kind: .badSetting)
    }
    let defaultRate = try OptimizerCatalog.defaultRate(options.optimizer)
    let rate = options.learningRate ?? defaultRate
    let schedule = try ScheduleCatalog.make(
      options.schedule, rate: rate, steps: totalSteps, warmup: options.warmupSteps)
    var run = TrainingRun(
      network: network, classes: classes, stepsPerEpoch: stepsPerEpoch, options: options,
      loss: loss, optimizer: optimizer, schedule: schedule, peakRate: rate)

    do throws(TrainingError) {
      for epoch in 1...options.epochs {
        let pass = try run.trainEpoch(epoch, on: training, onEvent: onEvent)
        if pass.isStopped { return try run.result(.stopped) }
        let metrics = try run.judgeEpoch(epoch, after: pass, on: validation)
        if try onEvent(.epochEnded(metrics)) == .stop { return try run.result(.stopped) }
        if epoch - run.bestEpoch >= options.patience { return try run.result(.noImprovement) }
      }
    } catch {
      guard error.kind == .diverged else { throw error }
      return try run.result(.diverged(error))
    }
    return try run.result(.completed)
  }

  /// How many classes the labels speak of.
  private func checkLabels(
    of training: some SampleSource, and validation: (any SampleSource)?
  ) throws(TrainingError) -> Int {
    guard training.count > 0 else {
      throw TrainingError("there are no training samples; expected at least one", kind: .badData)
    }
    let labels = training.labels + (validation?.labels ?? [])
    if let negative = labels.first(where: { $0 < 0 }) {
      throw TrainingError("a label is \(negative); expected 0 or above", kind: .badData)
    }
    if let validation, validation.sampleShape != training.sampleShape {
      throw TrainingError(
        "validation samples have shape \(validation.sampleShape), training samples "
          + "\(training.sampleShape); expected the same", kind: .badData)
    }
    return (labels.max() ?? 0) + 1
  }
}

/// How a run ended, and what it learned.
public struct TrainingResult<Snapshot> {
  /// Why a run ended.
  public enum Outcome: Hashable, Sendable {
    /// All epochs were run.
    case completed
    /// Validation loss did not fall for `patience` epochs.
    case noImprovement
    /// The caller asked for it.
    case stopped
    /// The loss was no longer finite; the weights are those of the best epoch before.
    case diverged(TrainingError)
  }

  /// Why the run ended.
  public let outcome: Outcome
  /// The weights of the best epoch; the present ones where the caller stopped before any was over.
  public let weights: Snapshot
  /// Counted from 1; 0 where no epoch was completed.
  public let bestEpoch: Int
  /// Of every completed epoch.
  public let epochs: [EpochMetrics]
  /// The best epoch's logits of the validation samples, `[N, K]`.
  public let validationLogits: Tensor?
}

extension TrainingResult: Sendable where Snapshot: Sendable {}
