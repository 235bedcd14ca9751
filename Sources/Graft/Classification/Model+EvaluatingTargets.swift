/// What a model that says labels or values is worth on photos of which these are known.
public struct TargetEvaluation: Sendable {
  /// Where photos have several labels.
  public let multiLabel: MultiLabelReport?
  /// Where they have numbers.
  public let regression: RegressionReport?
  /// The names of the labels or values, in the order of the outputs.
  public let outputs: [String]
  /// What was said of each photo.
  public let rows: [ValidationAnswer]
  /// Photos that could not be read.
  public let unreadable: [(path: FilePath, error: DataError)]
}

extension Model {
  /// Asks the model about every photo of a folder with labels or values.
  ///
  /// - Throws: where the folder has a label that the model does not know, or lacks a value that it
  ///   says.
  public func evaluateTargets(
    on folder: ImageFolder, samples: [Sample], caching: FeatureCaching = .automatic,
    plan: PlanOptions = .init(), onProgress: (Int) -> Directive = { _ in .proceed }
  ) throws(GraftError) -> TargetEvaluation {
    let classifier = try Classifier(self, caching: caching, plan: plan)
    let names = labels ?? []
    let places = try places(of: names, in: folder)
    var rows: [ValidationAnswer] = []
    var logits: [Float] = []
    var unreadable: [(FilePath, DataError)] = []
    try classifier.forEachPhoto(samples.map(\.path)) { (index, result) throws(GraftError) in
      switch result {
      case .failure(let error): unreadable.append((samples[index].path, error))
      case .success(let found):
        let known = samples[index].targets ?? []
        rows.append(
          ValidationAnswer(
            path: samples[index].path, targets: places.map { $0.map { known[$0] } ?? 0 },
            answers: answers(of: found)))
        logits += found
      }
      return onProgress(index + 1)
    }
    let targets = rows.flatMap(\.targets)
    return TargetEvaluation(
      multiLabel: task == .multiLabel
        ? MultiLabelReport(logits: logits, targets: targets, labelCount: names.count) : nil,
      regression: task == .regression
        ? RegressionReport(
          outputs: rows.flatMap(\.answers), targets: targets, targetCount: names.count) : nil,
      outputs: names, rows: rows, unreadable: unreadable)
  }

  /// Of each output the place among the folder's targets; nil for a label that no photo has.
  private func places(of names: [String], in folder: ImageFolder) throws(GraftError) -> [Int?] {
    let known =
      names.prefix(8).map { "'\($0)'" }.joined(separator: ", ")
      + (names.count > 8 ? " and \(names.count - 8) more" : "")
    if task == .multiLabel {
      for name in folder.classes where !names.contains(name) {
        throw GraftError(
          "the photos have label '\(name)' that the model lacks (the model has \(known)).")
      }
    }
    return try names.map { (name) throws(GraftError) in
      let place = folder.classes.firstIndex(of: name)
      guard place != nil || task == .multiLabel else {
        throw GraftError("the photos have no '\(name)', of which the model says the value")
      }
      return place
    }
  }
}
