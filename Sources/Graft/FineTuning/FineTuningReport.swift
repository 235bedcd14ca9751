/// What comes out of a run: the model, the report, what it says of the validation photos.
struct FineTuningReport {
  let model: Model
  let options: FineTuningOptions
  let run: RunInProgress
  let progress: FineTuningCheckpoint

  init(
    _ model: Model, _ options: FineTuningOptions, _ run: RunInProgress,
    _ progress: FineTuningCheckpoint
  ) {
    self.model = model
    self.options = options
    self.run = run
    self.progress = progress
  }

  var finishedRun: FineTuningRun {
    FineTuningRun(
      best: bestModel, report: report, photos: run.photos, validationPredictions: predictions,
      validationAnswers: answers, outcome: run.outcome)
  }

  /// The phase whose weights were kept.
  private var kept: Report.Phase { progress.finished[progress.best?.phase ?? 0] }

  private var bestModel: Model {
    let photos = run.photos
    var best = model
    best.graph = run.graph
    best.outputActivation = Self.activation(of: model.task)
    best.freshHead = nil
    best.card = TrainingCard(
      base: model.base ?? TrainingCard.Base(name: model.name, sha256: model.fileHash),
      trained: kept.name, classes: photos.labels, trainingPhotos: photos.split.train.count,
      validationPhotos: photos.split.validation.count, splitHash: photos.splitHash,
      settings: kept.settings, head: model.head, validation: report.validation,
      multiLabel: report.multiLabel, regression: report.regression, graftVersion: graftVersion)
    return best
  }

  private static func activation(of task: LearningTask) -> OutputActivation {
    switch task {
    case .classification: .softmax
    case .multiLabel: .sigmoid
    case .regression: .none
    }
  }

  private var report: Report {
    let photos = run.photos
    let answers = answers
    let confusion = ConfusionMatrix(
      classCount: photos.labels.count, labels: predictions.map(\.label),
      predictions: predictions.map(\.prediction))
    let bestLoss = kept.epochs.first { $0.epoch == kept.bestEpoch }?.validationLoss
    return Report(
      model: model.name, classes: photos.labels, settings: kept.settings,
      split: Report.Split(
        training: photos.countsPerClass(photos.split.train),
        validation: photos.countsPerClass(photos.split.validation)),
      skippedCount: photos.unreadable.count, epochs: kept.epochs, bestEpoch: kept.bestEpoch,
      phases: progress.finished, keptPhase: kept.name,
      validation: predictions.isEmpty
        ? nil : ValidationReport(confusion, classes: photos.labels, loss: bestLoss),
      multiLabel: multiLabelReport(loss: bestLoss),
      regression: model.task == .regression && !answers.isEmpty
        ? RegressionReport(
          outputs: answers.flatMap(\.answers), targets: answers.flatMap(\.targets),
          targetCount: photos.labels.count, loss: bestLoss) : nil,
      timings: run.timings)
  }

  private func multiLabelReport(loss: Double?) -> MultiLabelReport? {
    guard model.task == .multiLabel, let logits = progress.best?.validationLogits else {
      return nil
    }
    return MultiLabelReport(
      logits: logits.elements, targets: answers.flatMap(\.targets),
      labelCount: run.photos.labels.count, loss: loss)
  }

  private var answers: [ValidationAnswer] {
    guard model.task != .classification, let logits = progress.best?.validationLogits else {
      return []
    }
    let width = logits.shape[1]
    let elements = logits.elements
    return run.photos.split.validation.enumerated().map { row, index in
      let sample = run.photos.samples[index]
      return ValidationAnswer(
        path: sample.path, targets: sample.targets ?? [],
        answers: model.answers(of: Array(elements[row * width..<(row + 1) * width])))
    }
  }

  private var predictions: [ValidationPrediction] {
    guard model.task == .classification, let logits = progress.best?.validationLogits else {
      return []
    }
    let width = logits.shape[1]
    let elements = logits.elements
    let photos = run.photos
    return photos.split.validation.enumerated().map { row, index in
      let probabilities = softmax(Array(elements[row * width..<(row + 1) * width]))
      let prediction = probabilities.indices.max { probabilities[$0] < probabilities[$1] } ?? 0
      return ValidationPrediction(
        path: photos.samples[index].path, label: photos.samples[index].label,
        prediction: prediction, probability: probabilities[prediction])
    }
  }
}

extension SplitPhotos {
  /// Photos that could not be read are left out, if they are few.
  func readable(
    failures: [Int: DataError], atMost fraction: Double, isFirstLook: Bool,
    _ onEvent: (FineTuningEvent) -> Directive
  ) throws(GraftError) -> SplitPhotos {
    let readable = excluding(failures)
    let skipped = readable.unreadable
    guard !skipped.isEmpty, isFirstLook || !failures.isEmpty else { return readable }
    let names = skipped.keys.sorted().prefix(5).map { index in
      "\(samples[index].path.displayName): \(skipped[index]?.message ?? "")"
    }
    guard Double(skipped.count) <= fraction * Double(samples.count) else {
      throw GraftError(
        "\(skipped.count) of \(samples.count) photos cannot be read; nothing was trained",
        hints: names + (skipped.count > 5 ? ["and \(skipped.count - 5) more"] : []))
    }
    let named = Dictionary(
      uniqueKeysWithValues: skipped.map { index, error in
        (index, error.in(file: samples[index].path.displayName))
      })
    guard onEvent(.skipped(named)) == .proceed else { throw .stopped }
    guard readable.countsPerClass(readable.split.train).allSatisfy({ $0 > 0 }) else {
      throw GraftError("after leaving out unreadable photos a class has none left", hints: names)
    }
    return readable
  }
}
