import GraftKernels

/// One phase of a run: the network in two parts at its cut, the first frozen.
struct PhaseTrainer {
  let phase: TrainingPhase
  let options: FineTuningOptions
  /// What learns.
  let rest: Graph
  private let model: Model
  /// Nil where the whole network learns.
  private let frozen: Frozen?

  /// The part that does not learn.
  private struct Frozen {
    var backbone: Graph
    var extractor: FeatureExtractor
  }

  /// What a phase learned, and under which settings.
  struct Outcome {
    var result: TrainingResult<Graph>
    var settings: TrainingOptions
    /// Weights and running statistics that may have changed.
    var learnedNames: [String]
  }

  /// What a phase learns from and is judged by.
  struct Samples {
    var training: any SampleSource
    var validation: any SampleSource
    /// The features of all photos, where they are kept.
    var features: FeatureSet?
  }

  init(_ model: Model, _ phase: TrainingPhase, _ options: FineTuningOptions) throws(GraftError) {
    self.model = model
    self.phase = phase
    self.options = options
    guard phase.cut != model.graph.inputs[0].name else {
      frozen = nil
      rest = Self.learning(model.graph, options)
      try checkMixing()
      return
    }
    let parts = try lifting { () throws(GraphError) in try model.graph.split(at: phase.cut) }
    let backbone = parts.backbone.frozen()
    frozen = Frozen(
      backbone: backbone,
      extractor: try FeatureExtractor(
        backbone, preprocessing: model.preprocessing, caching: options.caching,
        planOptions: options.plan))
    rest = Self.learning(parts.head, options)
    try checkMixing()
  }

  private static func learning(_ graph: Graph, _ options: FineTuningOptions) -> Graph {
    graph.unfrozen().usingBatchStatistics(options.batchNormalization == .train)
  }

  /// Says before anything is computed that what this phase learns from cannot be mixed.
  private func checkMixing() throws(GraftError) {
    guard let text = phase.settings.mixing else { return }
    try lifting { () throws(TrainingError) in
      try MixingCatalog.make(text).check(rest.inputs[0].imageShape)
    }
  }

  /// The network with what this phase learned.
  func joined(run graph: Graph, _ learned: Graph) -> Graph {
    var whole = graph
    for (name, parameter) in learned.parameters {
      whole.parameters[name]?.tensor = parameter.tensor
    }
    return whole
  }

  /// The learning part with the weights that the run has come to.
  private func start(_ graph: Graph) -> Graph {
    var start = rest
    for name in rest.parameters.keys {
      // Statistics that became a node's own keep the shared values they began with.
      if let tensor = graph.parameters[name]?.tensor { start.parameters[name]?.tensor = tensor }
    }
    return start
  }
}

// MARK: - Before it begins

extension PhaseTrainer {
  private var isHead: Bool { phase.name == "head" }
  /// Is this a head that learns from all its features at once?
  var seesAllSamples: Bool { isHead && phase.settings.seesAllSamples }
  private var partSize: Int { phase.settings.batchOfParts }

  /// Are the features of unchanged photos enough?
  private var usesKeptFeatures: Bool { frozen != nil && (isHead || options.augmentation.isNone) }

  /// The photos whose features are kept as they are: all, or only those that judge where changed
  /// ones are learned from.
  func plainPhotos(_ photos: SplitPhotos) -> [Int] {
    usesKeptFeatures ? Array(photos.samples.indices) : photos.split.validation
  }

  func planned(for photos: SplitPhotos) throws(GraftError) -> FineTuningEvent.PlannedPhase {
    var planned = FineTuningEvent.PlannedPhase(
      name: phase.name, layers: phase.layerCount, photos: 0, featureSeconds: 0,
      learningSeconds: nil, epochs: phase.settings.epochs, memoryBytes: try memoryBytes())
    if let extractor = frozen?.extractor {
      for shape in keptShapes(of: extractor, photos) where !store.usesFile(for: shape) {
        planned.memoryBytes += FeatureStore.bytes(of: shape)
      }
      let hashes = plainPhotos(photos).map { photos.hashes[$0] }
      planned.photos = hashes.count { $0 != nil } - extractor.cachedCount(hashes)
      // Fewer are done before an estimate would be.
      if planned.photos >= 32 {
        planned.featureSeconds =
          try extractor.measuredSecondsPerPhoto(of: planned.photos) * Double(planned.photos)
      }
    }
    guard !isHead, planned.memoryBytes <= memoryLimit else { return planned }
    let count = Double(photos.split.train.count * phase.settings.epochs)
    var seconds = try measuredSecondsPerSample() * count
    if !usesKeptFeatures, let extractor = frozen?.extractor {
      let views = options.augmentViews.map { min($0, phase.settings.epochs) }
      let changed = photos.split.train.count * (views ?? phase.settings.epochs)
      seconds += try extractor.measuredSecondsPerPhoto(of: changed) * Double(changed)
    }
    planned.learningSeconds = seconds
    return planned
  }

  /// - Throws: where the disk has no room for the features of this phase.
  func checkDisk(_ photos: SplitPhotos) throws(GraftError) {
    guard let frozen else { return }
    for shape in keptShapes(of: frozen.extractor, photos) { try store.checkRoom(for: shape) }
  }

  /// Seconds that forward and backward take for one sample, measured on a few of noise.
  private func measuredSecondsPerSample() throws(GraftError) -> Double {
    let size = min(partSize, 4)
    let network = try lifting {
      () throws(TrainingError) in
      try TrainableSession(rest, batchSize: size, planOptions: options.plan)
    }
    var generator = SeededGenerator(1)
    let shape = Shape([size] + rest.inputs[0].imageShape.dimensions)
    let noise = Tensor(shape, (0..<shape.elementCount).map { _ in generator.uniform() })
    let targets = Targets.oneHot(Array(repeating: 0, count: size), classes: network.outputCount)
    func step() {
      let logits = network.forward(noise.unsafeView, seed: 1)
      _ = SoftmaxCrossEntropy().evaluate(
        logits, targets: targets.unsafeView, gradient: network.outputGradient)
      network.backward()
    }
    return withExtendedLifetime((noise, targets)) {
      step()  // the first touches the memory
      return ContinuousClock().measure(step).seconds / Double(size)
    }
  }
}

// MARK: - Samples

extension PhaseTrainer {
  /// The photos, or what the frozen part says of them.
  func samples(
    _ run: inout RunInProgress, _ onEvent: (FineTuningEvent) -> Directive
  ) throws(GraftError) -> Samples {
    guard let frozen else { return try photoSamples(run.photos) }
    let extractor = frozen.extractor
    let photos = run.photos
    let plain = plainPhotos(photos)
    let hashes = plain.map { photos.hashes[$0] }
    let total = hashes.count { $0 != nil }
    let started = FineTuningEvent.featuresStarted(
      total: total, cached: extractor.cachedCount(hashes))
    guard total == 0 || onEvent(started) == .proceed else { throw .stopped }
    for shape in keptShapes(of: extractor, photos) where store.usesFile(for: shape) {
      _ = onEvent(
        .note(
          "the features take \(gigabytes(FeatureStore.bytes(of: shape))) and lie in a file in "
            + "\(store.directory.displayName) that is gone afterwards"))
    }
    let features = try extractor.features(
      of: plain.map { photos.samples[$0].path }, hashes: hashes, in: store
    ) { done in total == 0 ? .proceed : onEvent(.featuresProgress(done: done, total: total)) }
    extractor.release()
    for note in extractor.notes where !run.notes.contains(note) {
      run.notes.append(note)
      _ = onEvent(.note(note))
    }
    let failures = Dictionary(
      uniqueKeysWithValues: features.failures.map { (plain[$0.key], $0.value) })
    run.photos = try photos.readable(
      failures: failures, atMost: options.skippableFraction, isFirstLook: isHead, onEvent)
    let split = run.photos.split
    let places = Dictionary(uniqueKeysWithValues: zip(plain, plain.indices))
    let rows = { (indices: [Int]) in
      FeatureRows(
        features: features.tensor, rows: indices.compactMap { places[$0] },
        labels: indices.map { photos.samples[$0].label },
        targets: photos.targets(of: indices, scale: model.targetScale), layout: features.layout)
    }
    var samples = Samples(
      training: usesKeptFeatures
        ? rows(split.train)
        : try changedSamples(run.photos, through: frozen.backbone, onEvent),
      validation: rows(split.validation))
    if isHead {
      samples.features = try lifting {
        () throws(TrainingError) in
        try FeatureSet(rows(split.train))
      }
    }
    return samples
  }

  /// Where the whole network learns, it learns from the photos themselves.
  private func photoSamples(_ photos: SplitPhotos) throws(GraftError) -> Samples {
    let validation = photos.split.validation.map { photos.samples[$0] }
    return try lifting {
      () throws(TrainingError) in
      Samples(
        training: try changedPhotos(photos),
        validation: try PlainPhotos(
          validation,
          targets: photos.targets(of: photos.split.validation, scale: model.targetScale),
          preprocessing: model.preprocessing))
    }
  }

  private func changedPhotos(_ photos: SplitPhotos) throws(TrainingError) -> AugmentedPhotos {
    try AugmentedPhotos(
      photos.split.train.map { photos.samples[$0] },
      targets: photos.targets(of: photos.split.train, scale: model.targetScale),
      preprocessing: model.preprocessing,
      policy: options.augmentation, views: options.augmentViews, seed: phase.settings.seed)
  }

  /// Changed photos through the frozen part: some views kept, or in every epoch anew.
  private func changedSamples(
    _ photos: SplitPhotos, through backbone: Graph, _ onEvent: (FineTuningEvent) -> Directive
  ) throws(GraftError) -> any SampleSource {
    let changed = try lifting { () throws(TrainingError) in try changedPhotos(photos) }
    let running = try RunningFeatures(
      changed, through: backbone, batchSize: 8, plan: options.plan)
    guard let views = options.augmentViews else { return running }
    let total = views * running.count
    guard onEvent(.featuresStarted(total: total, cached: 0)) == .proceed else { throw .stopped }
    return try ViewedFeatures(running, views: views, batchSize: 8, in: store) {
      onEvent(.featuresProgress(done: $0, total: total))
    }
  }
}

extension FeatureSet {
  /// Copies rows.
  fileprivate init(_ rows: FeatureRows) throws(TrainingError) {
    let shape = Shape([rows.count] + rows.sampleShape.dimensions)
    let tensor = try Tensor(unsafeUninitialized: shape) { (memory) throws(TrainingError) in
      try rows.read(ArraySlice(0..<rows.count), epoch: nil, into: memory)
    }
    try self.init(
      features: tensor, labels: rows.labels, targets: rows.targets, layout: rows.layout)
  }
}

// MARK: - Training

extension PhaseTrainer {
  func train(
    _ graph: Graph, _ samples: Samples, from state: TrainingState?,
    _ onEvent: (FineTuningEvent) -> Directive,
    _ onCheckpoint: (TrainingState) throws(GraftError) -> Void
  ) throws(GraftError) -> Outcome {
    var failure: GraftError?
    do {
      return try lifting { () throws(TrainingError) in
        let (network, settings) = try prepared(graph, samples)
        // An answer to stop is heard again after the first step, with something to keep.
        _ = onEvent(.phaseStarted(name: phase.name, settings: settings))
        let validation = samples.validation.count > 0 ? samples.validation : nil
        var result: TrainingResult<Graph>
        if seesAllSamples {
          // Takes seconds, and beginning it anew gives the same weights: no checkpoints.
          result = try FullBatchTrainer(settings).fit(
            network, training: samples.training, validation: validation
          ) { (event) throws(TrainingError) in
            onEvent(.training(event))
          }
        } else {
          result = try Trainer(settings).fit(
            network, training: samples.training, validation: validation, resuming: state
          ) { (event) throws(TrainingError) in
            onEvent(.training(event))
          } onCheckpoint: { (state) throws(TrainingError) in
            do throws(GraftError) {
              try onCheckpoint(state)
            } catch {
              failure = error
              throw TrainingError(error.message, kind: .system)
            }
          }
        }
        result.weights = result.weights.usingBatchStatistics(false)
        return Outcome(
          result: result, settings: settings,
          learnedNames: network.learnedParameters.map(\.name)
            + network.runningBuffers.map(\.name))
      }
    } catch {
      throw failure ?? error
    }
  }

  /// The network with the weights that the run has come to, and the settings to train it under.
  func prepared(
    _ graph: Graph, _ samples: Samples
  ) throws(TrainingError) -> (TrainableSession, TrainingOptions) {
    let settings = try resolvedSettings(samples)
    let start = try startingPoint(start(graph), samples)
    let network = try TrainableSession(
      start, batchSize: settings.batchOfParts, planOptions: options.plan)
    return (network, settings)
  }

  /// The settings with everything chosen that depends on the photos.
  private func resolvedSettings(_ samples: Samples) throws(TrainingError) -> TrainingOptions {
    var settings = phase.settings
    settings.batchSize = min(settings.batchSize, max(samples.training.count, 1))
    settings.accumulation = min(settings.accumulation, settings.batchSize)
    if let features = samples.features {
      settings = try HeadTrainer(settings).resolvedOptions(for: features)
    }
    if options.balancesClasses, let targets = samples.training.targets {
      if model.task == .multiLabel { settings.positiveWeights = targets.balancingWeights }
    } else if options.balancesClasses, settings.classWeights == nil {
      settings.classWeights = Self.balance(samples.training.labels, classes: model.classCount)
    }
    return settings
  }

  private static func balance(_ labels: [Int], classes: Int) -> [Float] {
    var counts = [Int](repeating: 0, count: classes)
    for label in labels { counts[label] += 1 }
    return counts.map { Float(labels.count) / (Float(classes) * Float(max($0, 1))) }
  }

  /// A fresh head fitted to the features, so that it learns alike whatever the backbone's scale; any
  /// other head as it is.
  private func startingPoint(_ head: Graph, _ samples: Samples) throws(TrainingError) -> Graph {
    guard let fresh = model.freshHead, let features = samples.features else { return head }
    return head.fitted(as: fresh, toScale: try features.scale())
  }
}
