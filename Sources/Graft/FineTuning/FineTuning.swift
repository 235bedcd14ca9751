/// A finished fine-tuning run.
public struct FineTuningRun: Sendable {
  /// The model with the weights of the best epoch, labels and card.
  public let best: Model
  /// What the run found, for people and programs.
  public let report: Report
  /// The photos as they were split, without those that were skipped.
  public let photos: SplitPhotos
  /// What the model says of every validation photo; empty where it says no classes.
  public let validationPredictions: [ValidationPrediction]
  /// The same where it says labels or values.
  public let validationAnswers: [ValidationAnswer]
  /// Why the last phase ended.
  public let outcome: TrainingResult<Graph>.Outcome
}

/// What a model says of one photo whose class is known.
public struct ValidationPrediction: Hashable, Sendable {
  /// The photo.
  public let path: FilePath
  /// The class that its folder says.
  public let label: Int
  /// The class that the network says.
  public let prediction: Int
  /// How sure the network is, from 0 to 1.
  public let probability: Float
}

extension Model {
  /// Trains the network on photos, as far down as the options' depth says: the head first, on
  /// features of the frozen network, then what lies below it.
  ///
  /// The model's labels must be the photos' classes: call
  /// ``replacingHead(classes:head:cut:seed:task:)`` first. Where these have several labels or
  /// numbers, the options are taken as ``FineTuningOptions/fitting(_:)`` that task.
  ///
  /// - Parameters:
  ///   - checkpoint: where an earlier run with the same model, photos and options was.
  ///   - onCheckpoint: given where the run is after every epoch, and where the caller stops it.
  ///   - onEvent: told of progress; answers `.stop` to end with the best so far.
  /// - Throws: ``GraftError`` where photos, labels or settings do not fit.
  public func fineTune(
    on photos: SplitPhotos, options: FineTuningOptions = .init(),
    resuming checkpoint: FineTuningCheckpoint? = nil,
    onEvent: (FineTuningEvent) -> Directive = { _ in .proceed },
    onCheckpoint: (FineTuningCheckpoint) throws(GraftError) -> Void = { _ in }
  ) throws(GraftError) -> FineTuningRun {
    try FineTuner(preparing(for: photos), photos, options.fitting(photos.task)).run(
      from: checkpoint, onEvent: onEvent, onCheckpoint: onCheckpoint)
  }

  /// As ``fineTune(on:options:resuming:onEvent:onCheckpoint:)``, with the depth said and events only
  /// listened to.
  public func fineTune(
    on photos: SplitPhotos, depth: TrainingDepth, progress: (FineTuningEvent) -> Void
  ) throws(GraftError) -> FineTuningRun {
    try fineTune(on: photos, options: FineTuningOptions(depth: depth)) {
      progress($0)
      return .proceed
    }
  }
}

extension Duration {
  /// As a number of seconds.
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
