public import GraftTensor

/// Everything that changes while a network is trained, as a value: a run that goes on from it ends
/// with the same weights, bit by bit, as one that was never interrupted.
///
/// Order, augmentation and dropout need no state of their own: they follow from the seed, the epoch
/// and the step.
public struct TrainingState: Sendable {
  /// The best epoch so far.
  public struct Best: Sendable {
    /// Counted from 1.
    public var epoch: Int
    /// Validation accuracy, or what stands for it where photos have several labels; 0 where nothing
    /// was kept back or where numbers are learned.
    public var accuracy: Double
    /// Validation loss; infinite where nothing was kept back.
    public var loss: Double
    /// Weights and running statistics of that epoch, by name.
    public var values: [String: Tensor]
    /// `[N, K]`, of the validation samples.
    public var validationLogits: Tensor?

    /// From a run, or from a file.
    public init(
      epoch: Int, accuracy: Double, loss: Double, values: [String: Tensor],
      validationLogits: Tensor?
    ) {
      self.epoch = epoch
      self.accuracy = accuracy
      self.loss = loss
      self.values = values
      self.validationLogits = validationLogits
    }

    /// Is an epoch better than this one? The higher accuracy decides, between equals the lower loss:
    /// layers below the head grow surer as they learn, so that their loss rises while they improve.
    func isBeaten(by accuracy: Double, loss: Double) -> Bool {
      Self.isBetter((accuracy, loss), than: (self.accuracy, self.loss))
    }

    /// Accuracy decides, between equals the lower loss.
    package static func isBetter(
      _ new: (accuracy: Double, loss: Double), than old: (accuracy: Double, loss: Double)
    ) -> Bool {
      (new.accuracy, -new.loss) > (old.accuracy, -old.loss)
    }
  }

  /// Weights and running statistics by name.
  public var values: [String: Tensor]
  /// What the optimizer remembers, by the name of the weight.
  public var optimizer: [String: OptimizerState]
  /// The moving average of the weights, where one is kept.
  public var average: WeightAverage?
  /// Updates so far.
  public var step: Int
  /// The epoch under way, counted from 1.
  public var epoch: Int
  /// Steps of that epoch that are done.
  public var stepInEpoch: Int
  /// What those steps measured.
  public var pass: EpochPass
  /// Of every completed epoch.
  public var history: [EpochMetrics]
  /// Nil before the first epoch is over.
  public var best: Best?

  /// From a run, or from a file.
  public init(
    values: [String: Tensor], optimizer: [String: OptimizerState], average: WeightAverage?,
    step: Int, epoch: Int, stepInEpoch: Int, pass: EpochPass, history: [EpochMetrics], best: Best?
  ) {
    self.values = values
    self.optimizer = optimizer
    self.average = average
    self.step = step
    self.epoch = epoch
    self.stepInEpoch = stepInEpoch
    self.pass = pass
    self.history = history
    self.best = best
  }
}

/// What a pass over the training samples measured so far.
public struct EpochPass: Hashable, Codable, Sendable {
  /// Of the samples, each before the update that used it.
  public var lossSum = 0.0
  /// Of the same.
  public var accuracy = Accuracy()

  /// Nothing measured yet.
  public init() {}
}
