public import ArgumentParser
public import Graft

/// What is trained and how: the flags of `finetune` and `lr-find`.
struct TrainingFlags: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: """
      What is trained: head, block (head, then the last stage of convolutions), all, a number of \
      layers from the output, the name of the first node, or auto (block, if it takes minutes).
      """)
  var depth: TrainingDepth = .auto

  @Option(
    parsing: .unconditional,
    help: "Largest number of epochs. (default: 100 for the head, 10 below it)")
  var epochs: Int?

  @Option(
    name: .customLong("lr"), parsing: .unconditional,
    help: """
      Learning rate. (default: from the features for the head; 0.001 below it, 0.0001 with Adam)
      """)
  var learningRate: Float?

  @Option(
    parsing: .unconditional, help: "Photos in a step. (default: 32 for the head, 16 below it)")
  var batch: Int?

  @Option(
    parsing: .unconditional,
    help: "Compute each step in so many parts, one after the other, to save memory.")
  var accumulate: Int = 1

  @Option(
    parsing: .unconditional,
    help: "The batch that --lr is meant for: the rate grows with the batch (linear scaling rule).")
  var baseBatch: Int?

  @Option(
    help: """
      How weights learn: \(OptimizerCatalog.allNames.joined(separator: ", ")). lbfgs goes to the \
      minimum of a head's loss: --depth head. (default: adamw for the head, sgd below it)
      """)
  var optimizer: String?

  @Option(
    parsing: .unconditional,
    help: """
      Momentum of the optimizers that have it. (default: the optimizer's own, which one-cycle moves \
      against the rate)
      """)
  var momentum: Float?

  @Option(help: "How the rate changes: \(ScheduleCatalog.names.joined(separator: ", ")).")
  var schedule: String = TrainingOptions().schedule

  @Option(parsing: .unconditional, help: "Steps over which the rate rises at the beginning.")
  var warmup: Int = 0

  @Option(parsing: .unconditional, help: "Pull of the weights towards zero.")
  var weightDecay: Float = TrainingOptions().weightDecay

  @Option(parsing: .unconditional, help: "Pull of the weights' absolute values towards zero.")
  var l1: Float = 0

  @Option(parsing: .unconditional, help: "Largest norm of the gradient; longer ones are shortened.")
  var clip: Float?

  @Option(
    parsing: .unconditional,
    help: """
      Keep a moving average of the weights, such as 0.999; 0 for none. (default: 0 for the head, \
      0.98 below it)
      """)
  var ema: Float?

  @Option(
    help: """
      What is made small: \(LossCatalog.names.joined(separator: ", ")). (default: cross-entropy; \
      sigmoid-cross-entropy with --multi-label, mean-squared-error with --regression)
      """)
  var loss: String?

  @Option(
    parsing: .unconditional,
    help: "How much of each label is spread over all classes. (default: 0.2)")
  var labelSmoothing: Float?

  @Option(
    parsing: .unconditional,
    help: """
      Epochs without a better one after which a phase ends. (default: 20 for the head, 5 \
      below it)
      """)
  var patience: Int?

  @Option(
    parsing: .unconditional,
    help: "The rate of a layer is this times that of the layer behind it, such as 0.9.")
  var layerDecay: Float = 1

  @Option(
    parsing: .unconditional,
    help: "Below the head, thaw one layer more every so many epochs until the depth is reached.")
  var unfreezeEvery: Int?

  @Option(help: "Statistics of BatchNormalization in layers that learn: frozen or train.")
  var batchNorm: FineTuningOptions.BatchNormalizationMode = .frozen

  @Option(
    help: """
      How photos are changed while they are learned from: \
      \(AugmentationCatalog.entries.map(\.name).joined(separator: ", ")), several with commas. See 'graft \
      augment-preview'.
      """)
  var augment: String = "none"

  @Option(
    parsing: .unconditional,
    help: "Changed views of each photo that are kept; anew in every epoch unless given.")
  var augmentViews: Int?

  @Option(
    help: """
      How the photos of a step are mixed below the head: mixup[:ALPHA], cutmix[:ALPHA], or both \
      with a comma, one of them by chance in each step.
      """)
  var mix: String?

  @Option(help: "Weight rare classes more: auto or none.")
  var balance: Balance = .auto

  enum Balance: String, ExpressibleByArgument, CaseIterable { case auto, none }
}

extension TrainingDepth: ExpressibleByArgument {
  /// As typed behind `--depth`.
  public init?(argument: String) {
    guard !argument.isEmpty else { return nil }
    self.init(argument)
  }
}

extension FineTuningOptions.BatchNormalizationMode: ExpressibleByArgument {}

// MARK: - Settings

extension TrainingFlags {
  /// - Throws: the first setting that cannot be, before any work.
  func options(
    seed: UInt64, balances: Bool, task: LearningTask = .classification, _ runFlags: RunFlags,
    strict: Bool
  ) throws(GraftError) -> FineTuningOptions {
    var options = FineTuningOptions(depth: depth)
    shared(&options.training, seed)
    if depth == .head {
      only(&options.training)
    } else {
      // The momentum is for what learns below the head where the head has its usual optimizer, which
      // has none.
      if optimizer == nil { options.training.momentum = nil }
      shared(&options.deepTraining, seed)
      only(&options.deepTraining)
      let usualRate = try usualDeepRate(options.deepTraining)
      options.deepTraining.learningRate = learningRate ?? usualRate
    }
    options.unfreezeEvery = unfreezeEvery
    options.batchNormalization = batchNorm
    options.augmentViews = augmentViews
    options.balancesClasses = balances && LossCatalog.isOfClasses(options.training.loss)
    options.caching = runFlags.caching
    options.skippableFraction = strict ? 0 : options.skippableFraction
    options.plan = runFlags.plan
    do {
      options.augmentation = try AugmentationPolicy(augment)
    } catch {
      throw GraftError("--augment: \(error.message)", kind: .usage, hints: error.hints)
    }
    options = options.fitting(task)
    try check(options)
    return options
  }

  /// Settings of both parts.
  private func shared(_ settings: inout TrainingOptions, _ seed: UInt64) {
    settings.optimizer = optimizer ?? settings.optimizer
    settings.momentum = momentum
    settings.schedule = schedule
    settings.weightDecay = weightDecay
    settings.l1 = l1
    settings.gradientClip = clip
    if let ema { settings.averageDecay = ema == 0 ? nil : ema }
    settings.loss = loss ?? settings.loss
    let usual = LossCatalog.isOfClasses(settings.loss) ? settings.labelSmoothing : 0
    settings.labelSmoothing = labelSmoothing ?? usual
    settings.seed = seed
  }

  /// Settings of the deepest phases only: below the head there are other photos in a step.
  private func only(_ settings: inout TrainingOptions) {
    settings.epochs = epochs ?? settings.epochs
    settings.learningRate = learningRate ?? settings.learningRate
    settings.batchSize = batch ?? settings.batchSize
    settings.accumulation = accumulate
    settings.baseBatch = baseBatch
    settings.warmupSteps = warmup
    settings.patience = patience ?? settings.patience
    settings.layerDecay = layerDecay
    settings.mixing = mix
  }

  /// A tenth of the rate of a layer that knows nothing.
  private func usualDeepRate(_ settings: TrainingOptions) throws(GraftError) -> Float {
    do {
      return try OptimizerCatalog.defaultRate(settings.optimizer) / 10
    } catch {
      throw GraftError(error.message, kind: .usage, hints: error.hints)
    }
  }

  private func check(_ options: FineTuningOptions) throws(GraftError) {
    do {
      _ = try HeadTrainer(options.training)
      _ = try Trainer(options.deepTraining)
    } catch {
      throw GraftError(error.message, kind: .usage, hints: error.hints)
    }
    if let unfreezeEvery, unfreezeEvery < 1 {
      throw GraftError("--unfreeze-every is \(unfreezeEvery); expected at least 1", kind: .usage)
    }
    if let augmentViews, augmentViews < 1 {
      throw GraftError("--augment-views is \(augmentViews); expected at least 1", kind: .usage)
    }
    if augmentViews != nil, options.augmentation.isNone {
      throw GraftError("--augment-views keeps changed photos; say how with --augment", kind: .usage)
    }
    if depth == .head { try checkThatTheHeadIsMeant(options) }
  }

  /// - Throws: what was said of layers that do not learn.
  private func checkThatTheHeadIsMeant(_ options: FineTuningOptions) throws(GraftError) {
    let below: [(isGiven: Bool, what: String)] = [
      (!options.augmentation.isNone, "--augment changes photos while layers below the head learn"),
      (mix != nil, "--mix mixes photos while layers below the head learn"),
    ]
    for flag in below where flag.isGiven {
      throw GraftError("\(flag.what); --depth head learns from kept features", kind: .usage)
    }
    let deeper: [(isGiven: Bool, what: String)] = [
      (unfreezeEvery != nil, "--unfreeze-every thaws layers below the head"),
      (layerDecay != 1, "--layer-decay slows layers below the head"),
      (batchNorm != .frozen, "--batch-norm is for layers below the head"),
    ]
    for flag in deeper where flag.isGiven {
      throw GraftError("\(flag.what); --depth head trains the head alone", kind: .usage)
    }
  }
}

// MARK: - In words

extension TrainingFlags {
  /// What was said of the training on which the right learning rate depends, as it would be typed.
  var wordsForRate: String {
    let usual: [(flag: String, value: String?)] = [
      ("--optimizer", optimizer), ("--momentum", momentum.map { "\($0)" }),
      ("--batch", batch.map { "\($0)" }),
      ("--batch-norm", batchNorm == .frozen ? nil : batchNorm.rawValue),
      ("--augment", augment == "none" ? nil : augment), ("--mix", mix),
      ("--loss", loss == TrainingOptions().loss ? nil : loss),
    ]
    return usual.compactMap { word in word.value.map { " \(word.flag) \($0)" } }.joined()
  }
}
