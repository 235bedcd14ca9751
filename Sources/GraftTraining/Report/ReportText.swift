/// A validation report as lines for a terminal.
extension ValidationReport {
  /// Up to this many classes the tables show all of them, beyond it the worst.
  static let mostClasses = 30
  static let worstClasses = 10

  /// Precision, recall, F1 and support of each class. Of many classes, the ten with the lowest F1.
  public func classTable(_ classes: [String]) -> [String] {
    var table = Columns([.left, .right, .right, .right, .right])
    table.append(["class", "precision", "recall", "F1", "photos"])
    let shown = shownClasses
    for label in shown {
      let metrics = perClass[label]
      table.append([
        Self.name(classes, label), Self.percent(metrics.precision), Self.percent(metrics.recall),
        Self.percent(metrics.f1), "\(metrics.support)",
      ])
    }
    let title =
      shown.count < perClass.count
      ? ["the \(shown.count) weakest of \(perClass.count) classes"] : []
    return title + table.lines()
  }

  /// The counts, a row for each label and a column for each prediction; zeros as dots, so that the
  /// mistakes stand out. Of many classes, the ten most frequent mistakes.
  public func confusionTable(_ classes: [String]) -> [String] {
    guard confusion.classCount <= Self.mostClasses else { return mistakes(classes) }
    let labels = confusion.counts.indices
    var table = Columns([.right, .left] + labels.map { _ in .right })
    table.append(["", "is \\ said"] + labels.map { "\($0 + 1)" })
    for label in labels {
      table.append(
        ["\(label + 1)", Self.name(classes, label)]
          + confusion.counts[label].map { $0 == 0 ? "·" : "\($0)" })
    }
    return table.lines()
  }

  /// The most frequent mistakes: `cat   taken for dog   7 of 61`.
  private func mistakes(_ classes: [String]) -> [String] {
    var pairs: [(label: Int, prediction: Int, count: Int)] = []
    for (label, row) in confusion.counts.enumerated() {
      for (prediction, count) in row.enumerated() where prediction != label && count > 0 {
        pairs.append((label, prediction, count))
      }
    }
    guard !pairs.isEmpty else { return ["no mistakes"] }
    pairs.sort { ($1.count, $0.label, $0.prediction) < ($0.count, $1.label, $1.prediction) }
    var table = Columns([.left, .left, .right])
    for pair in pairs.prefix(Self.worstClasses) {
      table.append([
        Self.name(classes, pair.label), "taken for " + Self.name(classes, pair.prediction),
        "\(pair.count) of \(perClass[pair.label].support)",
      ])
    }
    return ["most frequent mistakes"] + table.lines()
  }

  /// All classes in their order, or the worst, lowest F1 first.
  private var shownClasses: [Int] {
    let labels = Array(perClass.indices)
    guard labels.count > Self.mostClasses else { return labels }
    let occurring = labels.filter { perClass[$0].support > 0 }
    return Array(
      occurring.sorted { (perClass[$0].f1, $0) < (perClass[$1].f1, $1) }.prefix(Self.worstClasses))
  }

  private static func name(_ classes: [String], _ label: Int) -> String {
    Columns.cut(classes[label].printable, to: 32)
  }

  /// `93.5`, as percent with one digit.
  static func percent(_ value: Double) -> String {
    let tenths = Int((value * 1000).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }

  /// `validation accuracy 93.5 % (95 % interval 88.4–96.4); always saying cat: 37.2 %`
  public var summary: String {
    "validation accuracy \(Self.percent(accuracy.value)) % (95 % interval "
      + "\(Self.percent(interval.lower))–\(Self.percent(interval.upper))); always saying "
      + "\(majorityClass.printable): \(Self.percent(majorityAccuracy)) %"
  }
}
