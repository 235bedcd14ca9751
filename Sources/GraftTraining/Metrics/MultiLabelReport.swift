#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// How good a network is that says which labels photos have, on photos that it did not learn from.
///
/// A label is said where its probability is at least ``threshold``.
public struct MultiLabelReport: Hashable, Codable, Sendable {
  /// What was found of one label.
  public struct Label: Hashable, Codable, Sendable {
    /// Of those said to have it, the part that has; 0 where it was said of none.
    public var precision: Double
    /// Of those that have it, the part of which it was said; 0 where none has.
    public var recall: Double
    /// Harmonic mean of both; 0 where both are.
    public var f1: Double
    /// Photos that have it.
    public var support: Int
    /// Photos of which it was said.
    public var predicted: Int
    /// Mean precision over the recall, whatever the threshold; nil where no photo has it.
    public var averagePrecision: Double?
    /// The threshold that would have given the highest F1 on these very photos, hence a little too
    /// hopeful; nil where no photo has it.
    public var bestThreshold: Double?
    /// The F1 at that threshold.
    public var bestF1: Double?
  }

  /// Photos judged.
  public var photos: Int
  /// The probability from which a label is said.
  public var threshold: Double
  /// In the order of the outputs.
  public var perLabel: [Label]
  /// Mean of the labels' average precisions, of those that any photo has.
  public var meanAveragePrecision: Double
  /// What guessing would reach: the mean share of photos that have a label.
  public var meanPrevalence: Double
  /// Mean F1 of the labels that occur or were said.
  public var macroF1: Double
  /// F1 of all decisions together.
  public var microF1: Double
  /// Photos of which every label is right.
  public var exactMatch: Accuracy
  /// Nil where it was not measured.
  public var loss: Double?

  /// - Parameters:
  ///   - logits: row by row, one for each label; a probability is their sigmoid.
  ///   - targets: likewise, above ½ where the photo has the label.
  /// - Precondition: as many of both, a whole number of rows.
  public init(
    logits: [Float], targets: [Float], labelCount: Int, threshold: Double = 0.5,
    loss: Double? = nil
  ) {
    precondition(logits.count == targets.count && logits.count % max(labelCount, 1) == 0)
    photos = labelCount == 0 ? 0 : logits.count / labelCount
    self.threshold = threshold
    self.loss = loss
    let limit = Self.logit(threshold)
    let rows = 0..<photos
    var counts = Counts()
    var labels: [Label] = []
    for label in 0..<labelCount {
      let ranking = Ranking(
        rows.map { (logits[$0 * labelCount + label], targets[$0 * labelCount + label] > 0.5) })
      let found = ranking.counts(from: limit)
      counts.add(found)
      let best = ranking.best
      labels.append(
        Label(
          precision: found.precision, recall: found.recall, f1: found.f1, support: found.positives,
          predicted: found.said, averagePrecision: ranking.averagePrecision,
          bestThreshold: best.map { Self.sigmoid($0.score) }, bestF1: best?.f1))
    }
    perLabel = labels
    microF1 = counts.f1
    let occurring = labels.filter { $0.support + $0.predicted > 0 }
    macroF1 = Self.mean(occurring.map(\.f1))
    let ranked = labels.filter { $0.support > 0 }
    meanAveragePrecision = Self.mean(ranked.compactMap(\.averagePrecision))
    let photos = max(photos, 1)
    meanPrevalence = Self.mean(ranked.map { Double($0.support) / Double(photos) })
    exactMatch = Accuracy(
      correct: rows.count { row in
        (row * labelCount..<(row + 1) * labelCount).allSatisfy {
          (Double(logits[$0]) >= limit) == (targets[$0] > 0.5)
        }
      }, total: self.photos)
  }

  private static func mean(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
  }

  private static func sigmoid(_ z: Float) -> Double { 1 / (1 + exp(-Double(z))) }

  private static func logit(_ p: Double) -> Double { log(p / (1 - p)) }
}

/// Decisions of one label, or of all.
private struct Counts {
  var hits = 0
  var said = 0
  var positives = 0

  var precision: Double { said == 0 ? 0 : Double(hits) / Double(said) }
  var recall: Double { positives == 0 ? 0 : Double(hits) / Double(positives) }
  var f1: Double { said + positives == 0 ? 0 : 2 * Double(hits) / Double(said + positives) }

  mutating func add(_ other: Counts) {
    hits += other.hits
    said += other.said
    positives += other.positives
  }
}

/// Photos by how sure the network is that they have a label, surest first.
private struct Ranking {
  private var sorted: [(score: Float, isThere: Bool)]
  private let positives: Int

  init(_ photos: [(score: Float, isThere: Bool)]) {
    sorted = photos.sorted { $0.score > $1.score }
    positives = photos.count { $0.isThere }
  }

  func counts(from limit: Double) -> Counts {
    let said = sorted.prefix { Double($0.score) >= limit }
    return Counts(hits: said.count { $0.isThere }, said: said.count, positives: positives)
  }

  /// Σ (Rₙ − Rₙ₋₁)·Pₙ over the thresholds from the highest down, photos of the same score together,
  /// as scikit-learn's `average_precision_score`; nil where no photo has the label.
  var averagePrecision: Double? {
    guard positives > 0 else { return nil }
    var (sum, before) = (0.0, 0)
    forEachThreshold { _, counts in
      sum += Double(counts.hits - before) / Double(positives) * counts.precision
      before = counts.hits
    }
    return sum
  }

  /// The threshold with the highest F1, the highest of equals.
  var best: (score: Float, f1: Double)? {
    guard positives > 0 else { return nil }
    var best: (score: Float, f1: Double)?
    forEachThreshold { score, counts in
      if counts.f1 > best?.f1 ?? -1 { best = (score, counts.f1) }
    }
    return best
  }

  private func forEachThreshold(_ body: (Float, Counts) -> Void) {
    var counts = Counts(positives: positives)
    for (place, photo) in sorted.enumerated() {
      counts.said += 1
      counts.hits += photo.isThere ? 1 : 0
      let isLastOfScore =
        place + 1 == sorted.count || sorted[place + 1].score != photo.score
      if isLastOfScore { body(photo.score, counts) }
    }
  }
}
