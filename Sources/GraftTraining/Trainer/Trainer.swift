public import GraftTensor

/// Trains a network on labelled samples: forward, loss, backward, update, batch by batch.
///
/// After every epoch the validation samples are judged; the weights of the epoch with the highest
/// accuracy, of equals that with the lowest loss, are kept, and the run ends when `patience` epochs
/// bring no better one. The same settings and samples give the same weights, whatever the number of
/// threads.
public struct Trainer {
  /// The settings of every run.
  public let options: TrainingOptions
  let loss: any Loss
  /// The loss without label smoothing, which is for learning only.
  let judgingLoss: any Loss
  let optimizer: any Optimizer
  let mixing: (any BatchMixing)?

  /// - Throws: a setting outside its range, or an unknown name.
  public init(_ options: TrainingOptions) throws(TrainingError) {
    try options.validate()
    self.options = options
    loss = try LossCatalog.make(
      options.loss, labelSmoothing: options.labelSmoothing, classWeights: options.classWeights,
      positiveWeights: options.positiveWeights)
    judgingLoss = try LossCatalog.make(
      options.loss, classWeights: options.classWeights, positiveWeights: options.positiveWeights)
    optimizer = try OptimizerCatalog.make(
      options.optimizer,
      settings: OptimizerSettings(weightDecay: options.weightDecay, momentum: options.momentum))
    mixing = try options.mixing.map { (text) throws(TrainingError) in try MixingCatalog.make(text) }
    _ = try ScheduleCatalog.make(options.schedule, rate: 1, steps: 1)  // is the name known?
  }

  /// Trains until the epochs are over, the patience is spent, the caller says stop, or the loss is
  /// not finite. The network then has the weights of the best epoch.
  ///
  /// - Parameters:
  ///   - state: where an earlier run with the same settings and samples was; nil to begin.
  ///   - onEvent: hears of every step and epoch.
  ///   - onCheckpoint: given the state after every epoch that another follows, and where the caller
  ///     stops the run.
  /// - Throws: where the samples do not fit, or the run diverged before any epoch was complete.
  public func fit<Network: TrainableNetwork>(
    _ network: Network, training: some SampleSource, validation: (any SampleSource)?,
    resuming state: TrainingState? = nil,
    onEvent: (TrainingEvent) throws(TrainingError) -> Directive = { _ in .proceed },
    onCheckpoint: (TrainingState) throws(TrainingError) -> Void = { _ in }
  ) throws(TrainingError) -> TrainingResult<Network.Snapshot> {
    try options.check(training, validation, against: network)
    try mixing?.check(training.sampleShape)
    var run = try TrainingRun(network, self, samples: training.count)
    if let state { try run.restore(state) }

    do throws(TrainingError) {
      for epoch in run.epoch...options.epochs {
        let isStopped = try run.trainEpoch(epoch, on: training, onEvent: onEvent)
        if isStopped {
          try onCheckpoint(run.state)
          return try run.result(.stopped)
        }
        let metrics = try run.judgeEpoch(epoch, on: validation)
        let directive = try onEvent(.epochEnded(metrics))
        let isSpent = epoch - run.bestEpoch >= options.patience
        if epoch < options.epochs, !isSpent { try onCheckpoint(run.state) }
        if directive == .stop, epoch < options.epochs { return try run.result(.stopped) }
        if isSpent { return try run.result(.noImprovement) }
      }
    } catch {
      guard error.kind == .diverged else { throw error }
      return try run.result(.diverged(error))
    }
    return try run.result(.completed)
  }

  /// Some steps at the rates of another schedule, after which the network is as before.
  ///
  /// - Parameter onLoss: given rate and loss of a step; answers false to end.
  func probe<Network: TrainableNetwork>(
    _ network: Network, on samples: some SampleSource, schedule: any Schedule, steps: Int,
    onLoss: (Double, Double) -> Bool
  ) throws(TrainingError) {
    try options.check(samples, nil, against: network)
    try mixing?.check(samples.sampleShape)
    var run = try TrainingRun(network, self, samples: samples.count, schedule: schedule)
    let before = run.state
    var step = 0
    var isOver = false
    do throws(TrainingError) {
      while !isOver {
        isOver = try run.trainEpoch(run.epoch, on: samples) { (event) throws(TrainingError) in
          guard case .stepEnded(let metrics) = event else { return .proceed }
          step += 1
          return onLoss(metrics.learningRate, metrics.loss) && step < steps ? .proceed : .stop
        }
        run.beginNextEpoch()
      }
    } catch {
      // A loss that is no number ends the test like one that is too high.
      guard error.kind == .diverged else { throw error }
    }
    try run.restore(before)
  }
}

extension TrainingOptions {
  /// - Throws: where nothing is trainable, or samples, network and settings do not fit.
  func check(
    _ training: some SampleSource, _ validation: (any SampleSource)?,
    against network: some TrainableNetwork
  ) throws(TrainingError) {
    guard !network.learnedParameters.isEmpty else {
      throw TrainingError(
        "nothing in the network is trainable; expected at least one parameter", kind: .badData)
    }
    let outputs = network.outputCount
    guard training.count > 0 else {
      throw TrainingError("there are no training samples; expected at least one", kind: .badData)
    }
    for samples in [training, validation].compactMap({ $0 as (any SampleSource)? }) {
      guard let targets = samples.targets else { continue }
      guard targets.shape == [samples.count, outputs] else {
        throw TrainingError(
          "targets have shape \(targets.shape); expected [\(samples.count), \(outputs)], a number "
            + "for each output of the network", kind: .badData)
      }
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
    let classes = (labels.max() ?? 0) + 1
    guard outputs >= classes else {
      throw TrainingError(
        "the network has \(outputs) outputs; the labels need \(classes)", kind: .badData)
    }
    for weights in [classWeights, positiveWeights].compactMap({ $0 }) where weights.count != outputs
    {
      throw TrainingError(
        "there are \(weights.count) class weights; expected \(outputs), one for each output of "
          + "the network", kind: .badSetting)
    }
  }
}

/// How a run ended, and what it learned.
public struct TrainingResult<Snapshot> {
  /// Why a run ended.
  public enum Outcome: Hashable, Sendable {
    /// All epochs were run, or the loss is as low as it gets.
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
  /// The network of the best epoch; as it is where the caller stopped before any was over.
  public var weights: Snapshot
  /// Counted from 1; 0 where no epoch was completed.
  public let bestEpoch: Int
  /// Of every completed epoch.
  public let epochs: [EpochMetrics]
  /// The best epoch's logits of the validation samples, `[N, K]`.
  public let validationLogits: Tensor?
}

extension TrainingResult: Sendable where Snapshot: Sendable {}
