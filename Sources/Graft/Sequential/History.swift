/// What `fit` measured, epoch by epoch.
public struct History: Hashable, Sendable {
  /// Every epoch.
  public let epochs: [EpochMetrics]

  /// Mean training loss, each batch measured before its step.
  public var loss: [Double] { epochs.map(\.trainingLoss) }
  /// Of the training samples, measured likewise.
  public var accuracy: [Double] { epochs.compactMap(\.trainingAccuracy) }
  /// After each epoch; empty without validation.
  public var validationLoss: [Double] { epochs.compactMap(\.validationLoss) }
  /// After each epoch; empty without validation.
  public var validationAccuracy: [Double] { epochs.compactMap(\.validationAccuracy) }

  /// The training curve, and where there is one the validation curve.
  public func lossPlot(title: String = "Loss") -> LinePlot {
    plot(title, "loss", loss, validationLoss)
  }

  /// The training curve, and where there is one the validation curve.
  public func accuracyPlot(title: String = "Accuracy") -> LinePlot {
    plot(title, "accuracy", accuracy, validationAccuracy)
  }

  private func plot(
    _ title: String, _ quantity: String, _ training: [Double], _ validation: [Double]
  ) -> LinePlot {
    var series = [LinePlot.Series("training", values: training)]
    if !validation.isEmpty { series.append(.init("validation", values: validation)) }
    return LinePlot(title: title, x: .init("epoch"), y: .init(quantity), series: series)
  }
}

/// What `evaluate` measured.
public struct Score: Hashable, Sendable {
  /// Mean over the samples.
  public let loss: Double
  /// In `0...1`.
  public let accuracy: Double
}
