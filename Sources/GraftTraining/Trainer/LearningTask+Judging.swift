public import GraftData
import GraftTensor

// How good outputs are depends on what was to be learned: which epoch is kept follows from it.

extension LearningTask {
  /// The loss that is made small unless something else is asked for.
  public var usualLoss: String {
    switch self {
    case .classification: "cross-entropy"
    case .multiLabel: "sigmoid-cross-entropy"
    case .regression: "mean-squared-error"
    }
  }

  /// The losses that its targets are for.
  public var losses: [String] {
    switch self {
    case .classification: LossCatalog.names.filter { LossCatalog.isOfClasses($0) }
    case .multiLabel: ["sigmoid-cross-entropy"]
    case .regression: LossCatalog.names.filter { !LossCatalog.isOfClasses($0) }
    }
  }

  /// Right answers: classes, or photos of which every label is right. Numbers are never simply right.
  func accuracy(logits: TensorView, labels: [Int], targets: TensorView) -> Accuracy {
    switch self {
    case .classification: Accuracy(logits: logits, labels: labels)
    case .multiLabel: Accuracy(allRightIn: logits, targets: targets)
    case .regression: Accuracy(correct: 0, total: labels.count)
    }
  }
}

extension Accuracy {
  /// Rows in which every logit is on the right side of zero.
  fileprivate init(allRightIn logits: TensorView, targets: TensorView) {
    let width = logits.shape.elementCountPerImage
    let rows = logits.shape[0]
    self.init(
      correct: (0..<rows).count { row in
        (row * width..<(row + 1) * width).allSatisfy {
          (logits.base[$0] >= 0) == (targets.base[$0] > 0.5)
        }
      }, total: rows)
  }
}

extension EpochMetrics {
  /// What decides which epoch is kept, the loss aside: the mean average precision where photos have
  /// several labels, the accuracy where they have one, nothing where they have numbers.
  package var score: Double { validationAveragePrecision ?? validationAccuracy ?? 0 }
}

extension Evaluation {
  /// The mean average precision of the labels.
  func averagePrecision(of task: LearningTask) -> Double? {
    guard task == .multiLabel, let targets else { return nil }
    return MultiLabelReport(
      logits: logits.elements, targets: targets.elements, labelCount: logits.shape[1]
    ).meanAveragePrecision
  }
}
