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
  /// A run is as many calls as fill half a second. Runs during which other processes took more than
  /// 4 % of the machine are left out where three others remain; to get those, it goes on for up to
  /// four times the seconds.
  ///
  /// - Parameter onRun: told of the images a second of each run and of the part of the time that is
  ///   over; answers `.stop` to end with what there is.
  public func benchmark(
    _ options: Benchmark.Options = .init(),
    onRun: (_ imagesPerSecond: Double, _ fraction: Double) -> Directive = { _, _ in .proceed }
  ) throws(GraftError) -> Benchmark {
    let clock = ContinuousClock()
    let start = clock.now
    let job = try BenchmarkJob(self, options)
    job.call()
    let setup = (clock.now - start).seconds

    let warmUp = clock.measure(job.call).seconds
    if warmUp < 1.2 { for _ in 0..<2 { job.call() } }
    let once = clock.measure(job.call).seconds
    let callsOfRun = max(1, Int((0.5 / max(once, 1e-6)).rounded()))
    let fewestRuns = once > 1.2 ? 3 : 5
    if options.profiles { job.startProfile() }

    var runs: [(rate: Double, others: Double?)] = []
    let begin = clock.now
    while true {
      let load = MachineLoad.now
      let elapsed = clock.measure { for _ in 0..<callsOfRun { job.call() } }.seconds
      let others = load.flatMap { $0.shareOfOthers(in: elapsed) }
      runs.append((Double(options.batchSize * callsOfRun) / elapsed, others))
      let spent = (clock.now - begin).seconds
      guard onRun(runs[runs.count - 1].rate, min(spent / options.seconds, 1)) == .proceed else {
        break
      }
      let clean = runs.count { $0.others ?? 0 <= 0.04 }
      let isEnough = clean >= fewestRuns || spent > 4 * options.seconds
      if spent >= options.seconds, runs.count >= fewestRuns, isEnough { break }
    }
    let clean = runs.filter { $0.others ?? 0 <= 0.04 }
    let kept = clean.count >= 3 ? clean : runs
    let shares = runs.compactMap(\.others)
    return Benchmark(
      rates: kept.map(\.rate), droppedRuns: runs.count - kept.count,
      othersShare: shares.isEmpty ? nil : median(shares), setupSeconds: setup,
      learnedCount: job.learnedCount, profile: options.profiles ? job.profile() : [],
      isNoisy: clean.count < 3)
  }
}

/// The middle one, or the mean of the two in the middle.
func median(_ numbers: [Double]) -> Double {
  let sorted = numbers.sorted()
  guard let last = sorted.indices.last else { return .nan }
  return (sorted[last / 2] + sorted[(last + 1) / 2]) / 2
}
