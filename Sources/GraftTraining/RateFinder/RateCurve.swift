#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// How the loss answers to ever higher learning rates, and which rate that suggests.
///
/// Losses of single batches are noisy, so they are smoothed with a running mean that counts from the
/// first batch on: `sₜ = β·sₜ₋₁ + (1−β)·lossₜ`, shown as `sₜ/(1−βᵗ)`.
/// Source: Smith, "Cyclical learning rates for training neural networks", WACV 2017, section 3.3.
public struct RateCurve: Hashable, Codable, Sendable {
  /// One step of the test.
  public struct Point: Hashable, Codable, Sendable {
    /// The rate of the step.
    public var rate: Double
    /// The loss of its batch, before the update.
    public var loss: Double
    /// The mean of the losses so far, recent ones counting most.
    public var smoothed: Double
  }

  /// In the order of the steps.
  public private(set) var points: [Point] = []
  private var sum = 0.0

  /// β
  private static let memory = 0.9
  /// The test is over where the loss is so many times the lowest so far.
  private static let explosion = 4.0

  /// No step yet.
  public init() {}

  /// Adds a step.
  ///
  /// - Returns: is there any point in higher rates?
  public mutating func add(rate: Double, loss: Double) -> Bool {
    guard loss.isFinite else { return false }
    sum = Self.memory * sum + (1 - Self.memory) * loss
    let smoothed = sum / (1 - pow(Self.memory, Double(points.count + 1)))
    let lowest = points.map(\.smoothed).min() ?? smoothed
    points.append(Point(rate: rate, loss: loss, smoothed: smoothed))
    return smoothed <= Self.explosion * max(lowest, 1e-12)
  }

  /// Where the smoothed loss falls fastest over the logarithm of the rate; nil where it never does.
  ///
  /// The slope is that over a tenth of the steps. The first tenth is not looked at, where the mean is
  /// of few losses, nor what comes after the lowest loss.
  public var steepest: Double? {
    let reach = max(points.count / 20, 1)
    let lowest = points.indices.min { points[$0].smoothed < points[$1].smoothed } ?? 0
    var best: (slope: Double, rate: Double)?
    for place in points.indices.dropFirst(points.count / 10 + reach) where place <= lowest {
      guard place + reach < points.count else { break }
      let (before, after) = (points[place - reach], points[place + reach])
      let slope = (after.smoothed - before.smoothed) / log(after.rate / before.rate)
      if slope < best?.slope ?? 0 { best = (slope, points[place].rate) }
    }
    return best?.rate
  }

  /// A tenth of the rate at which the smoothed loss is lowest; nil where it never falls.
  public var tenthOfLowest: Double? {
    guard let lowest = points.min(by: { $0.smoothed < $1.smoothed }),
      let first = points.first, lowest.smoothed < first.smoothed
    else { return nil }
    return lowest.rate / 10
  }

  /// The rate to begin with: the lower of ``steepest`` and ``tenthOfLowest``; nil where the loss
  /// never falls.
  public var suggestion: Double? {
    guard let steepest, let tenthOfLowest else { return nil }
    return min(steepest, tenthOfLowest)
  }

  /// The points as a table: `rate,loss,smoothed`.
  public var csv: String {
    (["rate,loss,smoothed"] + points.map { "\($0.rate),\($0.loss),\($0.smoothed)" })
      .joined(separator: "\n") + "\n"
  }
}
