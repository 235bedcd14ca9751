/// Where the true rate of success lies, given successes in a number of trials, with 95 %
/// confidence.
///
///     (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n)
///
/// Source: Wilson, "Probable inference, the law of succession, and statistical inference", JASA
/// 1927. Unlike the textbook interval it stays inside 0...1 and is right for small n.
public struct WilsonInterval: Hashable, Codable, Sendable {
  /// Lower end, in `0...1`.
  public let lower: Double
  /// Upper end, in `0...1`.
  public let upper: Double

  /// The 97.5 % point of the normal distribution.
  private static let z = 1.959963984540054

  /// 0...1 where there were no trials.
  public init(successes: Int, trials: Int) {
    precondition(
      successes >= 0 && successes <= trials, "\(successes) of \(trials) trials")
    guard trials > 0 else {
      (lower, upper) = (0, 1)
      return
    }
    let (n, z) = (Double(trials), Self.z)
    let p = Double(successes) / n
    let centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    let half = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot() / (1 + z * z / n)
    // At the ends the formula gives exactly 0 and 1 but for rounding.
    lower = successes == 0 ? 0 : centre - half
    upper = successes == trials ? 1 : centre + half
  }

  /// Of the rate that an accuracy estimates.
  public init(_ accuracy: Accuracy) {
    self.init(successes: accuracy.correct, trials: accuracy.total)
  }
}
