/// How far down the network training reaches.
public enum TrainingDepth: String, Hashable, Sendable, CaseIterable {
  /// The new head alone, on features of the frozen backbone.
  case head
}

/// The settings of a fine-tuning run.
public struct FineTuningOptions: Sendable {
  /// How much of the network is trained.
  public var depth: TrainingDepth
  /// Epochs, learning rate and the like.
  public var training: TrainingOptions
  /// Weight classes by the inverse of how often they occur.
  public var balancesClasses: Bool
  /// Where features are kept between runs.
  public var caching: FeatureCaching
  /// Largest fraction of unreadable photos that is skipped; more stop the run before training.
  public var skippableFraction: Double
  /// How the network is run.
  public var plan: PlanOptions

  /// A head on cached features, unless something else is asked for.
  public init(
    depth: TrainingDepth = .head, training: TrainingOptions = .init(),
    balancesClasses: Bool = false, caching: FeatureCaching = .automatic,
    skippableFraction: Double = 0.05, plan: PlanOptions = .init()
  ) {
    self.depth = depth
    self.training = training
    self.balancesClasses = balancesClasses
    self.caching = caching
    self.skippableFraction = skippableFraction
    self.plan = plan
  }
}

/// What a caller hears of a fine-tuning run.
public enum FineTuningEvent: Sendable {
  /// What there is to do before the head can learn, measured on this machine: so many photos have
  /// no features yet.
  case planned(photos: Int, seconds: Double)
  /// The backbone begins to run over the photos; `cached` of them are there already.
  case featuresStarted(total: Int, cached: Int)
  case featuresProgress(done: Int, total: Int)
  /// Photos that could not be read were left out; each error names its file.
  case skipped([Int: DataError])
  /// The head begins to learn.
  case trainingStarted(TrainingOptions)
  case training(TrainingEvent)
  /// Something a person may want to know.
  case note(String)
}
