import GraftKernels

/// A finished fine-tuning run.
public struct FineTuningRun: Sendable {
  /// The model with the weights of the best epoch, labels and card.
  public let best: Model
  /// What the run found, for people and programs.
  public let report: Report
  /// The photos as they were split, without those that were skipped.
  public let photos: SplitPhotos
  /// What the model says of every validation photo.
  public let validationPredictions: [ValidationPrediction]
  /// Why training ended.
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
  /// The same model with a fresh head for other classes.
  public func replacingHead(
    classes: [String], seed: UInt64 = 1
  ) throws(GraftError) -> Model {
    guard classes.count >= 2 else {
      throw GraftError("a classifier needs at least two classes; there are \(classes.count)")
    }
    var model = self
    model.graph = try lifting {
      () throws(GraphError) in try graph.replacingHead(classes: classes.count, seed: seed)
    }
    model.labels = classes
    model.card = nil
    model.hasFreshHead = true
    return model
  }

  /// Trains the head on photos; the rest of the network stays as it is.
  ///
  /// The model's labels must be the photos' classes: call ``replacingHead(classes:seed:)`` first.
  ///
  /// - Parameter onEvent: told of progress; answers `.stop` to end with the best so far.
  /// - Throws: ``GraftError`` where photos, labels or settings do not fit.
  public func fineTune(
    on photos: SplitPhotos, options: FineTuningOptions = .init(),
    onEvent: (FineTuningEvent) -> Directive = { _ in .proceed }
  ) throws(GraftError) -> FineTuningRun {
    guard labels == photos.labels else {
      throw GraftError(
        "the model's labels are not the folder's classes; replace the head first", kind: .usage)
    }
    return try FineTuner(self, photos, options).run(onEvent)
  }

  /// As ``fineTune(on:options:onEvent:)``, with the depth said and events only listened to.
  public func fineTune(
    on photos: SplitPhotos, depth: TrainingDepth, progress: (FineTuningEvent) -> Void
  ) throws(GraftError) -> FineTuningRun {
    try fineTune(on: photos, options: FineTuningOptions(depth: depth)) {
      progress($0)
      return .proceed
    }
  }
}

/// One run, step by step: features, split, head, report.
private struct FineTuner {
  let model: Model
  let photos: SplitPhotos
  let options: FineTuningOptions
  let cut: HeadCut
  let backbone: Graph
  let head: Graph

  init(_ model: Model, _ photos: SplitPhotos, _ options: FineTuningOptions) throws(GraftError) {
    self.model = model
    self.photos = photos
    self.options = options
    do {
      cut = try model.graph.headCut()
      let parts = try model.graph.split(at: cut.features)
      backbone = parts.backbone.frozen()
      head = parts.head.unfrozen()
    } catch {
      throw GraftError(error)
    }
  }

  func run(_ onEvent: (FineTuningEvent) -> Directive) throws(GraftError) -> FineTuningRun {
    let clock = ContinuousClock()
    let started = clock.now
    let extractor = try FeatureExtractor(
      backbone, preprocessing: model.preprocessing, caching: options.caching,
      planOptions: options.plan)
    let features = try extract(extractor, onEvent)
    for note in extractor.notes { _ = onEvent(.note(note)) }
    let readable = try checkReadable(features, onEvent)
    let extracted = clock.now

    let training = try featureSet(features, readable.split.train)
    let validation = try featureSet(features, readable.split.validation)
    let settings = settings(for: readable)
    let outcome = try train(training, validation, settings, onEvent)
    let trained = clock.now

    let report = report(
      outcome, readable,
      timings: [
        Report.Timing(phase: "features", seconds: (extracted - started).seconds),
        Report.Timing(phase: "head", seconds: (trained - extracted).seconds),
      ])
    return FineTuningRun(
      best: bestModel(outcome, readable, report), report: report, photos: readable,
      validationPredictions: predictions(outcome, readable), outcome: outcome.result.outcome)
  }

  private func extract(
    _ extractor: FeatureExtractor, _ onEvent: (FineTuningEvent) -> Directive
  ) throws(GraftError) -> FeatureExtractor.Features {
    let total = photos.hashes.count { $0 != nil }
    let cached = extractor.cachedCount(photos.hashes)
    let missing = total - cached
    // Fewer are done before an estimate would be.
    let seconds = missing < 32 ? 0 : try extractor.measuredSecondsPerPhoto() * Double(missing)
    guard onEvent(.planned(photos: missing, seconds: seconds)) == .proceed else { throw .stopped }
    guard onEvent(.featuresStarted(total: total, cached: cached)) == .proceed else {
      throw .stopped
    }
    return try extractor.features(of: photos.samples.map(\.path), hashes: photos.hashes) { done in
      onEvent(.featuresProgress(done: done, total: total))
    }
  }

  /// Photos that could not be read are left out, if they are few.
  private func checkReadable(
    _ features: FeatureExtractor.Features, _ onEvent: (FineTuningEvent) -> Directive
  ) throws(GraftError) -> SplitPhotos {
    let readable = photos.excluding(features.failures)
    let skipped = readable.unreadable
    guard !skipped.isEmpty else { return readable }
    let count = photos.samples.count
    let names = skipped.keys.sorted().prefix(5).map { index in
      "\(photos.samples[index].path.displayName): \(skipped[index]?.message ?? "")"
    }
    guard Double(skipped.count) <= options.skippableFraction * Double(count) else {
      throw GraftError(
        "\(skipped.count) of \(count) photos cannot be read; nothing was trained",
        hints: names + (skipped.count > 5 ? ["and \(skipped.count - 5) more"] : []))
    }
    let named = Dictionary(
      uniqueKeysWithValues: skipped.map { index, error in
        (index, error.in(file: photos.samples[index].path.displayName))
      })
    guard onEvent(.skipped(named)) == .proceed else { throw .stopped }
    guard
      Set(readable.split.train.map { readable.samples[$0].label }).count == readable.labels.count
    else {
      throw GraftError("after leaving out unreadable photos a class has none left", hints: names)
    }
    return readable
  }

  private func featureSet(
    _ features: FeatureExtractor.Features, _ indices: [Int]
  ) throws(GraftError) -> FeatureSet {
    let size = features.tensor.shape.elementCountPerImage
    let shape = Shape([indices.count] + features.tensor.shape.dimensions.dropFirst())
    let tensor = features.tensor.withUnsafeElements { all in
      Tensor(unsafeUninitialized: shape) { rows in
        for (row, index) in indices.enumerated() {
          (rows + row * size).update(from: all.baseAddress! + index * size, count: size)
        }
      }
    }
    return try lifting {
      () throws(TrainingError) in
      try FeatureSet(
        features: tensor, labels: indices.map { photos.samples[$0].label },
        layout: features.layout)
    }
  }

  private func settings(for photos: SplitPhotos) -> TrainingOptions {
    var settings = options.training
    guard options.balancesClasses, settings.classWeights == nil else { return settings }
    let counts = photos.countsPerClass(photos.split.train)
    let total = Float(photos.split.train.count)
    settings.classWeights = counts.map { total / (Float(counts.count) * Float(max($0, 1))) }
    return settings
  }

  private func train(
    _ training: FeatureSet, _ validation: FeatureSet, _ settings: TrainingOptions,
    _ onEvent: (FineTuningEvent) -> Directive
  ) throws(GraftError) -> HeadTrainer.Outcome {
    try lifting { () throws(TrainingError) in
      let trainer = try HeadTrainer(settings)
      _ = onEvent(.trainingStarted(try trainer.resolvedOptions(for: training)))
      return try trainer.fit(
        try startingHead(for: training), training: training,
        validation: validation.count > 0 ? validation : nil, planOptions: options.plan
      ) { (event) throws(TrainingError) in onEvent(.training(event)) }
    }
  }
}

// MARK: - Where the head starts

extension FineTuner {
  /// A fresh head made small beside the features, so that all classes start equally probable
  /// whatever the backbone's scale; any other head as it is.
  private func startingHead(for training: FeatureSet) throws(TrainingError) -> Graph {
    guard model.hasFreshHead else { return head }
    let scale = try training.scale()
    var start = head
    for (name, parameter) in head.parameters where parameter.role == .weight {
      let shape = parameter.tensor.shape
      let deviation = parameter.tensor.withUnsafeElements { elements in
        (elements.reduce(0) { $0 + $1 * $1 } / Float(max(elements.count, 1))).squareRoot()
      }
      guard deviation > 0 else { continue }
      let factor = 0.001 / (scale * deviation)
      start.parameters[name]?.tensor = parameter.tensor.withUnsafeElements { elements in
        Tensor(shape, elements.map { $0 * factor })
      }
    }
    return start
  }
}

// MARK: - What comes out

extension FineTuner {
  private func bestModel(
    _ outcome: HeadTrainer.Outcome, _ photos: SplitPhotos, _ report: Report
  ) -> Model {
    var best = model
    best.graph = backbone.followed(by: outcome.result.weights)
    best.name = model.name
    best.outputActivation = .softmax
    best.hasFreshHead = false
    best.card = TrainingCard(
      base: model.base ?? TrainingCard.Base(name: model.name, sha256: model.fileHash),
      trained: options.depth.rawValue, classes: photos.labels,
      trainingPhotos: photos.split.train.count, validationPhotos: photos.split.validation.count,
      splitHash: photos.splitHash, settings: outcome.options, validation: report.validation,
      graftVersion: graftVersion)
    return best
  }

  private func report(
    _ outcome: HeadTrainer.Outcome, _ photos: SplitPhotos, timings: [Report.Timing]
  ) -> Report {
    let predictions = predictions(outcome, photos)
    let confusion = ConfusionMatrix(
      classCount: photos.labels.count, labels: predictions.map(\.label),
      predictions: predictions.map(\.prediction))
    let bestLoss = outcome.result.epochs.first { $0.epoch == outcome.result.bestEpoch }?
      .validationLoss
    return Report(
      model: model.name, classes: photos.labels, settings: outcome.options,
      split: Report.Split(
        training: photos.countsPerClass(photos.split.train),
        validation: photos.countsPerClass(photos.split.validation)),
      skippedCount: photos.unreadable.count, epochs: outcome.result.epochs,
      bestEpoch: outcome.result.bestEpoch,
      validation: predictions.isEmpty
        ? nil : ValidationReport(confusion, classes: photos.labels, loss: bestLoss),
      timings: timings)
  }

  private func predictions(
    _ outcome: HeadTrainer.Outcome, _ photos: SplitPhotos
  ) -> [ValidationPrediction] {
    guard let logits = outcome.result.validationLogits else { return [] }
    let width = logits.shape[1]
    let elements = logits.elements
    return photos.split.validation.enumerated().map { row, index in
      let probabilities = softmax(Array(elements[row * width..<(row + 1) * width]))
      let prediction = probabilities.indices.max { probabilities[$0] < probabilities[$1] } ?? 0
      return ValidationPrediction(
        path: photos.samples[index].path, label: photos.samples[index].label,
        prediction: prediction, probability: probabilities[prediction])
    }
  }
}

extension Duration {
  /// As a number of seconds.
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
