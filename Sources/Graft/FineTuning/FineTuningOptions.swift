/// The settings of a fine-tuning run.
public struct FineTuningOptions: Sendable {
  /// What a layer that learns does with the statistics of its normalisation.
  public enum BatchNormalizationMode: String, Hashable, Sendable, CaseIterable {
    /// Those of the training before, always: right for batches that are small.
    case frozen
    /// Those of each batch, keeping a running average: for batches of 16 and more, and new data.
    case train
  }

  /// How much of the network is trained.
  public var depth: TrainingDepth
  /// Settings of the head on the frozen network.
  public var training: TrainingOptions
  /// Settings of everything that is trained below the head.
  public var deepTraining: TrainingOptions
  /// Below the head, thaw one layer more every so many epochs until the depth is reached; nil to
  /// thaw them at once.
  public var unfreezeEvery: Int?
  /// Statistics of normalisations in layers that learn; frozen layers never change theirs.
  public var batchNormalization: BatchNormalizationMode
  /// How photos are changed while they are learned from; validation photos never are.
  public var augmentation: AugmentationPolicy
  /// So many changed views of each photo are run through the frozen part once and kept; nil to
  /// change and run photos anew in every epoch.
  public var augmentViews: Int?
  /// Weight classes by the inverse of how often they occur.
  public var balancesClasses: Bool
  /// Where features are kept between runs.
  public var caching: FeatureCaching
  /// Largest fraction of unreadable photos that is skipped; more stop the run before training.
  public var skippableFraction: Double
  /// Seconds that the last block may take for depth `auto` to train it.
  public var autoLimit: Double
  /// Bytes that training may take; nil for nine tenths of the machine's memory.
  public var memoryLimit: Int?
  /// How the network is run.
  public var plan: PlanOptions

  /// Settings that suit a few hundred photos, unless something else is asked for.
  public init(
    depth: TrainingDepth = .auto, training: TrainingOptions = .init(),
    deepTraining: TrainingOptions = FineTuningOptions.usualDeepTraining,
    unfreezeEvery: Int? = nil, batchNormalization: BatchNormalizationMode = .frozen,
    augmentation: AugmentationPolicy = .none, augmentViews: Int? = nil,
    balancesClasses: Bool = false, caching: FeatureCaching = .automatic,
    skippableFraction: Double = 0.05, autoLimit: Double = 900, memoryLimit: Int? = nil,
    plan: PlanOptions = .init()
  ) {
    self.depth = depth
    self.training = training
    self.deepTraining = deepTraining
    self.unfreezeEvery = unfreezeEvery
    self.batchNormalization = batchNormalization
    self.augmentation = augmentation
    self.augmentViews = augmentViews
    self.balancesClasses = balancesClasses
    self.caching = caching
    self.skippableFraction = skippableFraction
    self.autoLimit = autoLimit
    self.memoryLimit = memoryLimit
    self.plan = plan
  }

  /// Ten epochs of small steps, averaged: the layers below the head know something already, and a
  /// few hundred photos should not talk them out of it. On ResNet-50's last block plain descent did
  /// better than AdamW.
  public static let usualDeepTraining = TrainingOptions(
    epochs: 10, batchSize: 16, learningRate: 1e-3, optimizer: "sgd", averageDecay: 0.98,
    patience: 5)
}

/// What a caller hears of a fine-tuning run.
public enum FineTuningEvent: Sendable {
  /// What there is to do, estimated on this machine.
  public struct PlannedPhase: Hashable, Sendable {
    /// `head`, `block`, `all` or the like.
    public var name: String
    /// How many layers learn.
    public var layers: Int
    /// Photos that have to run through the frozen part first.
    public var photos: Int
    /// Seconds for that.
    public var featureSeconds: Double
    /// Seconds for learning; nil where it is a matter of moments.
    public var learningSeconds: Double?
    /// The most epochs.
    public var epochs: Int
    /// Bytes that training this phase takes, at least.
    public var memoryBytes: Int
  }

  /// What will be done, before anything is.
  case planned([PlannedPhase])
  /// A phase begins, with everything chosen that depends on the photos.
  case phaseStarted(name: String, settings: TrainingOptions)
  /// The frozen part begins to run over the photos; `cached` of them are there already.
  case featuresStarted(total: Int, cached: Int)
  case featuresProgress(done: Int, total: Int)
  /// Photos that could not be read were left out; each error names its file.
  case skipped([Int: DataError])
  case training(TrainingEvent)
  /// Something a person may want to know.
  case note(String)
}
