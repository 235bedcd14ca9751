import GraftKernels

/// How fast a network runs or learns here, on random numbers in memory.
public struct Benchmark: Sendable {
  /// What is timed.
  public enum Work: String, CaseIterable, Sendable {
    /// The forward pass.
    case inference
    /// Forward, and a new head learns.
    case head
    /// Forward, and the last stage of convolutions learns with a new head.
    case block
    /// Every layer learns.
    case all
  }

  /// How it is timed.
  public struct Options: Sendable {
    /// What is timed.
    public var work: Work
    /// Images of a call.
    public var batchSize: Int
    /// Seconds of measuring, at least.
    public var seconds: Double
    /// Classes of the head that learns.
    public var classes: Int
    /// What normalisations in layers that learn do.
    public var batchNormalization: FineTuningOptions.BatchNormalizationMode
    /// Time every step as well.
    public var profiles: Bool
    /// How the network is run.
    public var plan: PlanOptions

    /// Five seconds of inference, image by image, unless given.
    public init(
      work: Work = .inference, batchSize: Int = 1, seconds: Double = 5, classes: Int = 5,
      batchNormalization: FineTuningOptions.BatchNormalizationMode = .train,
      profiles: Bool = false, plan: PlanOptions = .init()
    ) {
      self.work = work
      self.batchSize = batchSize
      self.seconds = seconds
      self.classes = classes
      self.batchNormalization = batchNormalization
      self.profiles = profiles
      self.plan = plan
    }
  }

  /// Images a second of each run: of runs that others disturbed only where there are too few else.
  public let rates: [Double]
  /// Runs that were left out.
  public let droppedRuns: Int
  /// Share of the machine that other processes took, the median over runs; nil where unknown.
  public let othersShare: Double?
  /// Seconds from the model to the end of the first call.
  public let setupSeconds: Double
  /// How many numbers learn.
  public let learnedCount: Int
  /// What the time went to; empty unless asked for.
  public let profile: [ProfiledStep]

  /// Images a second: the median of the runs.
  public var imagesPerSecond: Double { median(rates) }
  /// Were fewer than three runs undisturbed?
  public let isNoisy: Bool
}

// MARK: - Measuring

extension Model {
  /// Times the network on random numbers.
  ///
  /// `BenchmarkRuns` says how runs are made and which of them count. The model is let go of once
  /// its session has weights of its own; a caller that keeps it has them twice.
  ///
  /// - Parameter onRun: told of the images a second of each run and of the part of the time that is
  ///   over; answers `.stop` to end with what there is.
  public consuming func benchmark(
    _ options: Benchmark.Options = .init(),
    onRun: (_ imagesPerSecond: Double, _ fraction: Double) -> Directive = { _, _ in .proceed }
  ) throws(GraftError) -> Benchmark {
    let clock = ContinuousClock()
    let start = clock.now
    let job = try BenchmarkJob(consume self, options)
    job.call()
    let setup = (clock.now - start).seconds

    let runs = BenchmarkRuns(
      imagesOfCall: options.batchSize, seconds: options.seconds,
      afterWarmUp: { if options.profiles { job.startProfile() } }, call: job.call, onRun: onRun)
    return Benchmark(
      rates: runs.rates, droppedRuns: runs.dropped, othersShare: runs.othersShare,
      setupSeconds: setup, learnedCount: job.learnedCount,
      profile: options.profiles ? job.profile() : [], isNoisy: runs.isNoisy)
  }
}
