/// Trains a network with ever higher learning rates for some steps, to see which it bears.
///
/// Source: Smith, "Cyclical learning rates for training neural networks", WACV 2017, section 3.3,
/// with rates that grow by the same factor from step to step.
public struct RateFinder {
  /// The rate of the first step.
  public let lowest: Double
  /// The rate of the last step.
  public let highest: Double
  /// Steps, at most: the test ends early where the loss explodes.
  public let steps: Int
  private let trainer: Trainer

  /// - Parameter options: the settings of the run that the rate is sought for; schedule, epochs and
  ///   rate do not matter.
  /// - Throws: a setting outside its range.
  public init(
    _ options: TrainingOptions, lowest: Double = 1e-6, highest: Double = 1, steps: Int = 100
  ) throws(TrainingError) {
    guard lowest > 0, highest > lowest, highest.isFinite else {
      throw TrainingError(
        "rates from \(lowest) to \(highest); expected numbers above 0, the second the higher",
        kind: .badSetting)
    }
    guard steps >= 10 else {
      throw TrainingError("\(steps) steps; expected at least 10", kind: .badSetting)
    }
    guard !options.seesAllSamples else {
      throw TrainingError("\(options.optimizer) has no learning rate to find", kind: .badSetting)
    }
    trainer = try Trainer(options)
    self.lowest = lowest
    self.highest = highest
    self.steps = steps
  }

  /// The rates of the steps.
  public var schedule: Exponential {
    Exponential(Float(lowest), factor: Float(highest / lowest), over: steps - 1)
  }

  /// Runs the test. The network's weights are afterwards what they were before.
  ///
  /// - Parameter onStep: told after each step how many are done; answers `.stop` to end.
  /// - Throws: where the samples do not fit the network.
  public func run<Network: TrainableNetwork>(
    _ network: Network, on samples: some SampleSource,
    onStep: (Int) -> Directive = { _ in .proceed }
  ) throws(TrainingError) -> RateCurve {
    var curve = RateCurve()
    var done = 0
    try trainer.probe(network, on: samples, schedule: schedule, steps: steps) { rate, loss in
      done += 1
      let isWorthwhile = curve.add(rate: rate, loss: loss)
      return isWorthwhile && onStep(done) == .proceed
    }
    return curve
  }
}
