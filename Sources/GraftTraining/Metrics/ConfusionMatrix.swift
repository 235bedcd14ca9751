/// How often each class was taken for each other: a count for every (label, prediction).
public struct ConfusionMatrix: Hashable, Codable, Sendable {
  /// `counts[label][prediction]`
  public private(set) var counts: [[Int]]

  /// An empty matrix.
  public init(classCount: Int) {
    counts = Array(repeating: Array(repeating: 0, count: classCount), count: classCount)
  }

  /// - Precondition: as many predictions as labels, all in `0..<classCount`.
  public init(classCount: Int, labels: some Collection<Int>, predictions: some Collection<Int>) {
    precondition(labels.count == predictions.count, "one prediction for each label")
    self.init(classCount: classCount)
    for (label, prediction) in zip(labels, predictions) {
      add(label: label, prediction: prediction)
    }
  }

  /// Counts one sample.
  public mutating func add(label: Int, prediction: Int) { counts[label][prediction] += 1 }

  /// Classes, hence rows and columns.
  public var classCount: Int { counts.count }

  /// Samples in all.
  public var total: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }

  /// The diagonal, of all samples.
  public var accuracy: Accuracy {
    Accuracy(correct: counts.indices.reduce(0) { $0 + counts[$1][$1] }, total: total)
  }

  /// Samples of a class.
  public func support(_ label: Int) -> Int { counts[label].reduce(0, +) }

  /// How many samples were said to be of a class.
  public func predicted(_ label: Int) -> Int { counts.reduce(0) { $0 + $1[label] } }
}

// MARK: - Per class

/// What the matrix says of one class, as in scikit-learn's `classification_report`.
public struct ClassMetrics: Hashable, Codable, Sendable {
  /// Of those said to be of the class, the part that is; 0 where nothing was said to be.
  public var precision: Double
  /// Of those of the class, the part that was found; 0 where the class has no samples.
  public var recall: Double
  /// Harmonic mean of both; 0 where both are.
  public var f1: Double
  /// Samples of the class.
  public var support: Int
}

extension ConfusionMatrix {
  /// Precision, recall and F1 of one class.
  public func metrics(of label: Int) -> ClassMetrics {
    let hits = Double(counts[label][label])
    let (support, predicted) = (support(label), predicted(label))
    return ClassMetrics(
      precision: predicted == 0 ? 0 : hits / Double(predicted),
      recall: support == 0 ? 0 : hits / Double(support),
      f1: support + predicted == 0 ? 0 : 2 * hits / Double(support + predicted),
      support: support)
  }

  /// In the order of the classes.
  public var classMetrics: [ClassMetrics] { counts.indices.map { metrics(of: $0) } }

  /// Mean F1 of the classes that occur, as label or as prediction, each counted the same.
  public var macroF1: Double {
    let occurring = counts.indices.filter { support($0) + predicted($0) > 0 }
    guard !occurring.isEmpty else { return 0 }
    return occurring.reduce(0) { $0 + metrics(of: $1).f1 } / Double(occurring.count)
  }

  /// What always saying the most frequent class would reach: the class, the first of equals, and
  /// the accuracy.
  public var majorityBaseline: (label: Int, accuracy: Accuracy) {
    let supports = counts.indices.map { support($0) }
    let most = supports.max() ?? 0
    return (supports.firstIndex(of: most) ?? 0, Accuracy(correct: most, total: total))
  }
}
