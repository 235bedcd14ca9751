/// What a model is worth on photos whose classes are known.
public struct ModelEvaluation: Sendable {
  /// Accuracy, confusions and the like.
  public let report: ValidationReport
  /// The names of the classes, in the order of the outputs.
  public let classes: [String]
  /// What was said of each photo.
  public let rows: [ValidationPrediction]
  /// Photos that could not be read.
  public let unreadable: [(path: FilePath, error: DataError)]
}

extension Model {
  /// Classifies every photo of a labelled folder and counts.
  ///
  /// - Throws: where the folder has a class that the model does not know.
  public func evaluate(
    on folder: ImageFolder, samples: [Sample], caching: FeatureCaching = .automatic,
    plan: PlanOptions = .init(), onProgress: (Int) -> Directive = { _ in .proceed }
  ) throws(GraftError) -> ModelEvaluation {
    let classifier = try Classifier(self, caching: caching, plan: plan)
    let names = labels ?? []
    for name in folder.classes where !names.contains(name) {
      throw GraftError(
        "the folder has class '\(name)' that the model lacks (the model has "
          + names.prefix(8).map { "'\($0)'" }.joined(separator: ", ")
          + (names.count > 8 ? " and \(names.count - 8) more" : "") + ").")
    }
    var rows: [ValidationPrediction] = []
    var unreadable: [(FilePath, DataError)] = []
    var done = 0
    try classifier.classify(samples.map(\.path)) { (result) throws(GraftError) in
      let sample = samples[done]
      done += 1
      if let error = result.error { unreadable.append((result.path, error)) }
      if let best = result.guesses.first {
        rows.append(
          ValidationPrediction(
            path: result.path, label: names.firstIndex(of: folder.classes[sample.label]) ?? 0,
            prediction: names.firstIndex(of: best.label) ?? 0, probability: best.probability))
      }
      return onProgress(done)
    }
    let confusion = ConfusionMatrix(
      classCount: names.count, labels: rows.map(\.label), predictions: rows.map(\.prediction))
    return ModelEvaluation(
      report: ValidationReport(confusion, classes: names), classes: names, rows: rows,
      unreadable: unreadable)
  }
}
