/// What a caller hears of a run; measurements only.
public enum TrainingEvent: Hashable, Sendable {
  case stepEnded(StepMetrics)
  case epochEnded(EpochMetrics)
}

/// What a caller answers.
public enum Directive: Hashable, Sendable {
  case proceed
  /// End the run after this step, keeping the best weights so far.
  case stop
}

/// One update of the weights.
public struct StepMetrics: Hashable, Codable, Sendable {
  /// Counted from 1.
  public var epoch: Int
  /// In this epoch, counted from 1.
  public var step: Int
  /// Batches of an epoch.
  public var stepsPerEpoch: Int
  /// Mean loss of the batch, before the update.
  public var loss: Double
  /// The rate of this step.
  public var learningRate: Double
}

/// One pass over the training samples, and what validation then said.
public struct EpochMetrics: Hashable, Codable, Sendable {
  /// Counted from 1.
  public var epoch: Int
  /// Mean over the samples, each measured before the update that used it.
  public var trainingLoss: Double
  /// Measured like the loss, in `0...1`; nil where numbers are learned. Of photos with several labels
  /// it is the part of which every label is right.
  public var trainingAccuracy: Double?
  /// Nil where there are no validation samples.
  public var validationLoss: Double?
  /// In `0...1`; nil where there are no validation samples.
  public var validationAccuracy: Double?
  /// Mean average precision of the labels, where photos have several.
  public var validationAveragePrecision: Double?
  /// At the last step.
  public var learningRate: Double
  /// Is this the best epoch so far?
  public var isBest: Bool

  /// From measurements, or from a file.
  public init(
    epoch: Int, trainingLoss: Double, trainingAccuracy: Double?, validationLoss: Double?,
    validationAccuracy: Double?, validationAveragePrecision: Double? = nil, learningRate: Double,
    isBest: Bool
  ) {
    self.epoch = epoch
    self.trainingLoss = trainingLoss
    self.trainingAccuracy = trainingAccuracy
    self.validationLoss = validationLoss
    self.validationAccuracy = validationAccuracy
    self.validationAveragePrecision = validationAveragePrecision
    self.learningRate = learningRate
    self.isBest = isBest
  }
}
