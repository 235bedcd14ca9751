public import GraftData

/// The settings of a run.
public struct TrainingOptions: Hashable, Sendable {
  /// Passes over the training samples, at most.
  public var epochs: Int
  /// Samples of a step.
  public var batchSize: Int
  /// How many parts of a batch are computed one after the other: the memory is that of a part, the
  /// step that of the whole batch.
  public var accumulation: Int
  /// The highest rate of the schedule; nil where the trainer chooses it.
  public var learningRate: Float?
  /// The batch size that the learning rate is meant for; the rate used is `batchSize / baseBatch`
  /// times as high (Goyal et al. 2017). Nil where it is meant for `batchSize`.
  public var baseBatch: Int?
  /// λ: how strongly weights are pulled to zero; biases are not.
  public var weightDecay: Float
  /// Pull of the absolute values of the weights towards zero: ``L1``.
  public var l1: Float
  /// A name of ``OptimizerCatalog``; those that see all samples are for ``FullBatchTrainer``.
  public var optimizer: String
  /// μ of the optimizers that have it; nil for the usual one, which the schedule `one-cycle` moves
  /// between 0.95 and 0.85 against the rate.
  public var momentum: Float?
  /// The highest norm of the gradient of all weights together; nil for any: ``GradientClipping``.
  public var gradientClip: Float?
  /// Decay of a moving average of the weights, which is then what is judged and kept; nil for the
  /// weights themselves: ``WeightAverage``.
  public var averageDecay: Float?
  /// A name of ``ScheduleCatalog``.
  public var schedule: String
  /// Steps over which the rate rises at the beginning.
  public var warmupSteps: Int
  /// Epochs without a better one after which the run ends.
  public var patience: Int
  /// A name of ``LossCatalog``.
  public var loss: String
  /// ε: how much of each label is spread over all classes. The default keeps a head on few photos
  /// from growing ever surer: on two backbones and seven seeds it gained about a point of validation
  /// accuracy over none.
  public var labelSmoothing: Float
  /// One weight for each class; nil where all count the same.
  public var classWeights: [Float]?
  /// One weight for each output's positive answers; nil where both answers count the same.
  public var positiveWeights: [Float]?
  /// What there is to learn; nil for classification, the usual.
  public var task: LearningTask?
  /// The rate of a layer is this times that of the layer behind it; 1 where all learn alike.
  public var layerDecay: Float
  /// Names of ``MixingCatalog``: how the samples of a batch are mixed; nil where they are learned
  /// from as they are.
  public var mixing: String?
  /// Decides the order of the samples and every random number of the network.
  public var seed: UInt64

  /// Settings that suit a head on features of a few hundred photos, unless given.
  public init(
    epochs: Int = 100, batchSize: Int = 32, accumulation: Int = 1, learningRate: Float? = nil,
    baseBatch: Int? = nil, weightDecay: Float = 0.01, l1: Float = 0,
    optimizer: String = "adamw", momentum: Float? = nil, gradientClip: Float? = nil,
    averageDecay: Float? = nil, schedule: String = "cosine", warmupSteps: Int = 0,
    patience: Int = 20,
    loss: String = "cross-entropy", labelSmoothing: Float = 0.2, classWeights: [Float]? = nil,
    positiveWeights: [Float]? = nil, task: LearningTask? = nil, layerDecay: Float = 1,
    mixing: String? = nil, seed: UInt64 = 1
  ) {
    self.epochs = epochs
    self.batchSize = batchSize
    self.accumulation = accumulation
    self.learningRate = learningRate
    self.baseBatch = baseBatch
    self.weightDecay = weightDecay
    self.l1 = l1
    self.optimizer = optimizer
    self.momentum = momentum
    self.gradientClip = gradientClip
    self.averageDecay = averageDecay
    self.schedule = schedule
    self.warmupSteps = warmupSteps
    self.patience = patience
    self.loss = loss
    self.labelSmoothing = labelSmoothing
    self.classWeights = classWeights
    self.positiveWeights = positiveWeights
    self.task = task
    self.layerDecay = layerDecay
    self.mixing = mixing
    self.seed = seed
  }
}

// MARK: - What follows from them

extension TrainingOptions {
  /// Samples that are computed at once: a batch, or a part of one.
  public var batchOfParts: Int { (batchSize + accumulation - 1) / accumulation }

  /// The highest rate of the schedule.
  ///
  /// - Throws: where there is no optimizer of this name.
  func peakRate() throws(TrainingError) -> Float {
    let usual = try OptimizerCatalog.defaultRate(optimizer)
    let rate = learningRate ?? usual
    return baseBatch.map { rate * Float(batchSize) / Float($0) } ?? rate
  }
}

// MARK: - Checking

extension TrainingOptions {
  /// - Throws: the first setting outside its range.
  public func validate() throws(TrainingError) {
    func require(_ condition: Bool, _ message: String) throws(TrainingError) {
      guard condition else { throw TrainingError(message, kind: .badSetting) }
    }
    try require(epochs >= 1, "epochs is \(epochs); expected at least 1")
    try require(batchSize >= 1, "batch size is \(batchSize); expected at least 1")
    try require(
      accumulation >= 1 && accumulation <= batchSize,
      "a batch of \(batchSize) in \(accumulation) parts; expected 1 to \(batchSize)")
    if let learningRate {
      try require(
        learningRate > 0 && learningRate.isFinite,
        "learning rate is \(learningRate); expected a number above 0")
    }
    try require(
      baseBatch ?? 1 >= 1, "base batch is \(baseBatch ?? 1); expected at least 1")
    try require(
      weightDecay >= 0 && weightDecay.isFinite,
      "weight decay is \(weightDecay); expected 0 or a number above")
    try require(l1 >= 0 && l1.isFinite, "L1 is \(l1); expected 0 or a number above")
    if let gradientClip {
      try require(
        gradientClip > 0, "the highest norm of the gradient is \(gradientClip); expected above 0")
    }
    if let averageDecay {
      try require(
        (0..<1).contains(averageDecay),
        "the decay of the average of the weights is \(averageDecay); expected 0 or above, below 1")
    }
    try require(warmupSteps >= 0, "warmup is \(warmupSteps) steps; expected 0 or more")
    try require(patience >= 1, "patience is \(patience) epochs; expected at least 1")
    try require(
      labelSmoothing >= 0 && labelSmoothing < 1,
      "label smoothing is \(labelSmoothing); expected 0 or a number below 1")
    try require(
      classWeights?.allSatisfy { $0 > 0 && $0.isFinite } ?? true,
      "class weights are \(classWeights ?? []); expected numbers above 0")
    try require(
      positiveWeights?.allSatisfy { $0 > 0 && $0.isFinite } ?? true,
      "weights of positive answers are \(positiveWeights ?? []); expected numbers above 0")
    let losses = (task ?? .classification).losses
    try require(
      task == nil || losses.contains(loss) || !LossCatalog.names.contains(loss),
      "the loss \(loss) does not fit \((task ?? .classification).rawValue); expected "
        + losses.joined(separator: " or "))
    try require(
      task != .multiLabel || labelSmoothing == 0,
      "label smoothing is for photos of one class; expected 0 for multi-label")
    try require(
      task != .regression || mixing == nil, "numbers of two photos cannot be mixed")
    try require(
      layerDecay > 0 && layerDecay <= 1,
      "layer decay is \(layerDecay); expected a number above 0, at most 1")
  }
}

// MARK: - JSON

extension TrainingOptions: Codable {
  /// Settings that a file does not name, being older than they are, are as they always were: 1 part,
  /// cross-entropy, all layers alike.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let usual = TrainingOptions()
    func value<T: Decodable>(_ key: CodingKeys, _ usual: T) throws -> T {
      try values.decodeIfPresent(T.self, forKey: key) ?? usual
    }
    self.init(
      epochs: try values.decode(Int.self, forKey: .epochs),
      batchSize: try values.decode(Int.self, forKey: .batchSize),
      accumulation: try value(.accumulation, usual.accumulation),
      learningRate: try values.decodeIfPresent(Float.self, forKey: .learningRate),
      baseBatch: try values.decodeIfPresent(Int.self, forKey: .baseBatch),
      weightDecay: try values.decode(Float.self, forKey: .weightDecay),
      l1: try value(.l1, usual.l1),
      optimizer: try values.decode(String.self, forKey: .optimizer),
      momentum: try values.decodeIfPresent(Float.self, forKey: .momentum),
      gradientClip: try values.decodeIfPresent(Float.self, forKey: .gradientClip),
      averageDecay: try values.decodeIfPresent(Float.self, forKey: .averageDecay),
      schedule: try values.decode(String.self, forKey: .schedule),
      warmupSteps: try values.decode(Int.self, forKey: .warmupSteps),
      patience: try values.decode(Int.self, forKey: .patience),
      loss: try value(.loss, usual.loss),
      labelSmoothing: try values.decode(Float.self, forKey: .labelSmoothing),
      classWeights: try values.decodeIfPresent([Float].self, forKey: .classWeights),
      positiveWeights: try values.decodeIfPresent([Float].self, forKey: .positiveWeights),
      task: try values.decodeIfPresent(LearningTask.self, forKey: .task),
      layerDecay: try value(.layerDecay, usual.layerDecay),
      mixing: try values.decodeIfPresent(String.self, forKey: .mixing),
      seed: try values.decode(UInt64.self, forKey: .seed))
  }
}
