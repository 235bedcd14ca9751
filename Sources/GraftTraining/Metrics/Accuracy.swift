public import GraftTensor

/// How many predictions are right.
public struct Accuracy: Hashable, Codable, Sendable {
  /// Right predictions.
  public var correct: Int
  /// Predictions in all.
  public var total: Int

  /// From counts.
  public init(correct: Int = 0, total: Int = 0) {
    self.correct = correct
    self.total = total
  }

  /// In `0...1`; 0 where there is nothing to judge.
  public var value: Double { total == 0 ? 0 : Double(correct) / Double(total) }

  /// Is the label among the k highest of each row of logits `[N, K]`?
  ///
  /// Of equal logits the first class counts as higher, so the result does not depend on sorting.
  ///
  /// - Precondition: one label in `0..<K` for each row.
  public init(logits: TensorView, labels: some Collection<Int>, top k: Int = 1) {
    precondition(labels.count == logits.shape[0], "one label for each row of logits")
    let classes = logits.shape.elementCountPerImage
    self.init(total: labels.count)
    for (row, label) in labels.enumerated() {
      precondition(label >= 0 && label < classes, "a label beyond \(classes) classes")
      let z = UnsafeBufferPointer(start: logits.base + row * classes, count: classes)
      let higher = z.indices.reduce(0) { count, other in
        count + (z[other] > z[label] || (z[other] == z[label] && other < label) ? 1 : 0)
      }
      if higher < k && !z[label].isNaN { correct += 1 }
    }
  }
}
