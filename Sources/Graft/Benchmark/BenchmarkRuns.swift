/// Timed runs of one and the same call.
///
/// A run is as many calls as fill half a second. Runs during which other processes took more than
/// 4 % of the machine are left out where three others remain; to get those, it goes on for up to
/// four times the seconds.
struct BenchmarkRuns {
  /// Images a second of each run that counts.
  let rates: [Double]
  /// Runs that were left out.
  let dropped: Int
  /// Share of the machine that other processes took, the median over runs; nil where unknown.
  let othersShare: Double?
  /// Were fewer than three runs undisturbed?
  let isNoisy: Bool
  /// Processor time of this process for one image, the mean over all runs.
  let processorSeconds: Double

  /// - Parameter onRun: told of the images a second of each run and of the part of the time that is
  ///   over; answers `.stop` to end with what there is.
  init(
    imagesOfCall: Int, seconds: Double, afterWarmUp: () -> Void = {}, call: () -> Void,
    onRun: (_ imagesPerSecond: Double, _ fraction: Double) -> Directive
  ) {
    let clock = ContinuousClock()
    let warmUp = clock.measure(call).seconds
    if warmUp < 1.2 { for _ in 0..<2 { call() } }
    let once = clock.measure(call).seconds
    let callsOfRun = max(1, Int((0.5 / max(once, 1e-6)).rounded()))
    let fewestRuns = once > 1.2 ? 3 : 5
    afterWarmUp()

    var runs: [(rate: Double, others: Double?)] = []
    let begin = clock.now
    let processor = MachineLoad.ownSeconds
    while true {
      let load = MachineLoad.now
      let elapsed = clock.measure { for _ in 0..<callsOfRun { call() } }.seconds
      let others = load.flatMap { $0.shareOfOthers(in: elapsed) }
      runs.append((Double(imagesOfCall * callsOfRun) / elapsed, others))
      let spent = (clock.now - begin).seconds
      guard onRun(runs[runs.count - 1].rate, min(spent / seconds, 1)) == .proceed else { break }
      let clean = runs.count { $0.others ?? 0 <= 0.04 }
      let isEnough = clean >= fewestRuns || spent > 4 * seconds
      if spent >= seconds, runs.count >= fewestRuns, isEnough { break }
    }
    processorSeconds =
      (MachineLoad.ownSeconds - processor) / Double(imagesOfCall * callsOfRun * runs.count)
    let clean = runs.filter { $0.others ?? 0 <= 0.04 }
    let kept = clean.count >= 3 ? clean : runs
    rates = kept.map(\.rate)
    dropped = runs.count - kept.count
    let shares = runs.compactMap(\.others)
    othersShare = shares.isEmpty ? nil : median(shares)
    isNoisy = clean.count < 3
  }
}

/// The middle one, or the mean of the two in the middle.
func median(_ numbers: [Double]) -> Double {
  let sorted = numbers.sorted()
  guard let last = sorted.indices.last else { return .nan }
  return (sorted[last / 2] + sorted[(last + 1) / 2]) / 2
}
