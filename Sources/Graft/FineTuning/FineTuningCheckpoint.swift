/// Where a run is: enough for a later one, with the same model, photos and settings, to end with the
/// same weights as if it had never been interrupted.
public struct FineTuningCheckpoint: Sendable {
  /// What a finished phase came to.
  var finished: [Report.Phase]
  /// The phases of the run, as they were decided when it began.
  var phaseNames: [String]
  /// Which photo is on which side.
  var splitHash: String
  /// Why photos were left out that turned out to be unreadable, by the SHA-256 of their bytes: a
  /// later phase that reads no features would meet them again.
  var skipped: [String: String] = [:]
  /// The best so far; nil before a phase is over.
  var best: Best?
  /// Where the phase under way is; nil where it has not begun.
  var state: TrainingState?

  /// The best weights of the finished phases.
  struct Best: Sendable {
    /// Place among the phases.
    var phase: Int
    var accuracy: Double
    var loss: Double
    /// What was learned, by the name of the parameter.
    var values: [String: Tensor]
    var validationLogits: Tensor?
  }

  /// The phase under way.
  var phase: Int { finished.count }
}

// MARK: - Files

extension FineTuningCheckpoint {
  private struct Numbers: Codable {
    var finished: [Report.Phase]
    var phaseNames: [String]
    var splitHash: String
    /// Nil in files that are older than it.
    var skipped: [String: String]?
    var bestPhase: Int?
    var bestAccuracy: Double?
    var bestLoss: Double?
    var state: TrainingState.Numbers?
  }

  /// Writes the checkpoint in place of the one before.
  public func write(to path: FilePath) throws(GraftError) {
    let numbers = Numbers(
      finished: finished, phaseNames: phaseNames, splitHash: splitHash, skipped: skipped,
      bestPhase: best?.phase, bestAccuracy: best?.accuracy, bestLoss: best?.loss,
      state: state?.numbers)
    var tensors: [String: Tensor] = [:]
    for (name, tensor) in best?.values ?? [:] { tensors["learned/\(name)"] = tensor }
    tensors["learned-logits"] = best?.validationLogits
    for (name, tensor) in state?.tensors ?? [:] { tensors["state/\(name)"] = tensor }
    try lifting {
      () throws(TrainingError) in
      try CheckpointFile.write(numbers, tensors: tensors, to: path)
    }
  }

  /// Reads a checkpoint.
  ///
  /// - Throws: where the file is missing or damaged.
  public init(contentsOf path: FilePath) throws(GraftError) {
    let (numbers, tensors) = try lifting {
      () throws(TrainingError) in try CheckpointFile.read(Numbers.self, from: path)
    }
    finished = numbers.finished
    phaseNames = numbers.phaseNames
    splitHash = numbers.splitHash
    skipped = numbers.skipped ?? [:]
    best = numbers.bestPhase.map {
      Best(
        phase: $0, accuracy: numbers.bestAccuracy ?? 0, loss: numbers.bestLoss ?? .infinity,
        values: tensors.group("learned"),
        validationLogits: tensors["learned-logits"])
    }
    guard let state = numbers.state else { return }
    self.state = try lifting {
      () throws(TrainingError) in try TrainingState(state, tensors: tensors.group("state"))
    }
  }

  /// Before anything has happened.
  init(phases: [TrainingPhase], splitHash: String) {
    (finished, phaseNames) = ([], phases.map(\.name))
    self.splitHash = splitHash
  }
}
