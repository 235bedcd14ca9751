public import GraftPlots

/// What a learning rate range test found.
public struct RateSearch: Sendable {
  /// Loss over rate.
  public let curve: RateCurve
  /// Which phase was tried: `head`, `block`, `all` or the like.
  public let phase: String
  /// The settings under which it was tried.
  public let settings: TrainingOptions

  /// Twice what the loss began with: an explosion at the end would hide all else.
  private var top: Double {
    let beginning = curve.points.prefix(10).map(\.loss).max() ?? 1
    return max(2 * beginning, 1e-6)
  }

  /// The curve as a picture.
  public var plot: LinePlot {
    let points = { (value: (RateCurve.Point) -> Double) in
      curve.points.map { LinePlot.Point($0.rate, value($0)) }
    }
    var series = [
      LinePlot.Series("loss of a batch", points(\.loss), style: .dots),
      LinePlot.Series("smoothed", points(\.smoothed)),
    ]
    if let suggestion = curve.suggestion {
      series.append(
        LinePlot.Series(
          "suggested",
          [
            LinePlot.Point(suggestion, 0), LinePlot.Point(suggestion, top),
          ]))
    }
    return LinePlot(
      title: "Loss over learning rate: \(phase)",
      x: .init("learning rate", scale: .logarithmic),
      y: .init("training loss", range: 0...top), series: series)
  }
}

extension Model {
  /// Trains the last phase of the options' depth with ever higher rates for some steps, to see
  /// which it bears; the model stays as it is. Below the head a trained head comes first, as in
  /// ``fineTune(on:options:resuming:onEvent:onCheckpoint:)``.
  ///
  /// - Parameters:
  ///   - rates: the lowest and the highest.
  ///   - onStep: told of progress; answers `.stop` to end with what is known.
  /// - Throws: ``GraftError`` where photos, labels or settings do not fit.
  public func findRate(
    on photos: SplitPhotos, options: FineTuningOptions = .init(),
    rates: ClosedRange<Double> = 1e-6...1, steps: Int = 100,
    onEvent: (FineTuningEvent) -> Directive = { _ in .proceed },
    onStep: (Int) -> Directive = { _ in .proceed }
  ) throws(GraftError) -> RateSearch {
    var model = try preparing(for: photos)
    let options = options.fitting(photos.task)
    model.graph = graph.givingNodesOwnParameters()
    let phases = try options.phases(for: model).map { (phase) throws(GraftError) in
      try PhaseTrainer(model, phase, options)
    }
    let last = phases[phases.count - 1]
    try last.checkMemory(try last.planned(for: photos))
    var run = RunInProgress(photos: photos, graph: model.graph)
    if phases.count > 1 {
      var progress = FineTuningCheckpoint(
        phases: phases.map(\.phase), splitHash: photos.splitHash)
      let samples = try phases[0].samples(&run, onEvent)
      let outcome = try phases[0].train(run.graph, samples, from: nil, onEvent) { _ in }
      guard outcome.result.outcome != .stopped else { throw .stopped }
      run.finish(phases[0], outcome, &progress)
    }
    let samples = try last.samples(&run, onEvent)
    return try last.findRate(run.graph, samples, rates: rates, steps: steps, onStep)
  }
}

extension PhaseTrainer {
  func findRate(
    _ graph: Graph, _ samples: Samples, rates: ClosedRange<Double>, steps: Int,
    _ onStep: (Int) -> Directive
  ) throws(GraftError) -> RateSearch {
    try lifting { () throws(TrainingError) in
      let (network, settings) = try prepared(graph, samples)
      let finder = try RateFinder(
        settings, lowest: rates.lowerBound, highest: rates.upperBound, steps: steps)
      let curve = try finder.run(network, on: samples.training, onStep: onStep)
      return RateSearch(curve: curve, phase: phase.name, settings: settings)
    }
  }
}
