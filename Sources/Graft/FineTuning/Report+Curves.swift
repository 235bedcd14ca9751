public import GraftPlots

extension Report {
  /// The curves of the run: losses and accuracy over the epochs of all phases, one after the other.
  public var curves: LinePlot {
    let phases =
      phases
      ?? [Phase(name: "head", settings: settings, epochs: epochs, bestEpoch: bestEpoch)]
    let all = phases.flatMap(\.epochs)
    func series(
      _ name: String, _ value: (EpochMetrics) -> Double?
    ) -> LinePlot.Series? {
      let points = all.enumerated().compactMap { place, epoch in
        value(epoch).map { LinePlot.Point(Double(place + 1), $0) }
      }
      return points.isEmpty ? nil : LinePlot.Series(name, points)
    }
    let names = phases.map { "\($0.name) \($0.epochs.count)" }.joined(separator: ", then ")
    return LinePlot(
      title: "\(model): \(names) epochs", x: .init("epoch"), y: .init("loss, accuracy"),
      series: [
        series("training loss", \.trainingLoss), series("validation loss", \.validationLoss),
        series("validation accuracy", \.validationAccuracy),
        series("validation average precision", \.validationAveragePrecision),
      ].compactMap { $0 })
  }
}
