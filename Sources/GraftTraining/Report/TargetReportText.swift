#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

// Reports of labels and of values as lines for a terminal.

extension MultiLabelReport {
  /// Precision, recall, F1, average precision and photos of each label, with the threshold that would
  /// have been best. Of many labels, the ten with the lowest F1.
  public func labelTable(_ names: [String]) -> [String] {
    var table = Columns([.left, .right, .right, .right, .right, .right, .right, .right])
    table.append(["label", "precision", "recall", "F1", "AP", "photos", "best F1", "from"])
    let shown = shownLabels
    for label in shown {
      let found = perLabel[label]
      table.append([
        Columns.cut(names[label].printable, to: 32), percent(found.precision),
        percent(found.recall), percent(found.f1), found.averagePrecision.map(percent) ?? "·",
        "\(found.support)", found.bestF1.map(percent) ?? "·",
        found.bestThreshold.map { fixed($0, digits: 2) } ?? "·",
      ])
    }
    let title =
      shown.count < perLabel.count
      ? ["the \(shown.count) weakest of \(perLabel.count) labels"] : []
    return title + table.lines()
  }

  private var shownLabels: [Int] {
    let labels = Array(perLabel.indices)
    guard labels.count > ValidationReport.mostClasses else { return labels }
    let occurring = labels.filter { perLabel[$0].support > 0 }
    return Array(
      occurring.sorted { (perLabel[$0].f1, $0) < (perLabel[$1].f1, $1) }
        .prefix(ValidationReport.worstClasses))
  }

  /// `mean average precision 83.1 % (guessing: 40.0 %); F1 macro 78.2, micro 80.1; all labels right on
  /// 61.3 % of 80 photos`
  public var summary: String {
    "mean average precision \(percent(meanAveragePrecision)) % (guessing: "
      + "\(percent(meanPrevalence)) %); F1 macro \(percent(macroF1)), micro \(percent(microF1)); "
      + "all labels right on \(percent(exactMatch.value)) % of \(photos) "
      + "photo\(photos == 1 ? "" : "s")"
  }

  private func percent(_ value: Double) -> String { ValidationReport.percent(value) }
}

extension RegressionReport {
  /// Errors and R² of each value, beside its mean and deviation on these photos.
  public func valueTable(_ names: [String]) -> [String] {
    var table = Columns([.left, .right, .right, .right, .right, .right])
    table.append(["value", "MAE", "RMSE", "R²", "mean", "deviation"])
    for (name, found) in zip(names, perTarget) {
      table.append([
        Columns.cut(name.printable, to: 32), significant(found.meanAbsoluteError),
        significant(found.rootMeanSquaredError), found.r2.map { fixed($0, digits: 3) } ?? "·",
        significant(found.mean), significant(found.deviation),
      ])
    }
    return table.lines()
  }

  /// `R² 0.812 on 80 photos; always saying the mean: 0`
  public var summary: String {
    "R² \(meanR2.map { fixed($0, digits: 3) } ?? "unknown") on \(photos) "
      + "photo\(photos == 1 ? "" : "s")" + (perTarget.count > 1 ? " (mean of the values)" : "")
      + "; always saying the mean: 0"
  }
}

/// So many digits behind the point.
private func fixed(_ value: Double, digits: Int) -> String {
  let unit = pow(10, Double(digits))
  let scaled = (abs(value) * unit).rounded()
  guard scaled < 1e15 else { return "\(value)" }
  let whole = Int(scaled)
  let sign = value < 0 && whole > 0 ? "-" : ""
  guard digits > 0 else { return sign + "\(whole)" }
  let text = String(repeating: "0", count: max(0, digits + 1 - "\(whole)".count)) + "\(whole)"
  return sign + text.dropLast(digits) + "." + text.suffix(digits)
}

/// Four digits that count.
private func significant(_ value: Double) -> String {
  guard value != 0 else { return "0" }
  let magnitude = Int(floor(log10(abs(value))))
  guard (-4...8).contains(magnitude) else { return "\(Float(value))" }
  return fixed(value, digits: max(0, 3 - magnitude))
}
