#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The same factor from each step to the next: `η(t) = η₀ · γ^(t/T)`.
///
/// With a factor above 1 the rate rises, as a search for a good one wants.
public struct Exponential: Schedule, Hashable {
  /// η₀
  public let rate: Float
  /// γ
  public let factor: Float
  /// T
  public let interval: Int

  /// From `rate`; `interval` steps bring the factor, each its share.
  ///
  /// - Precondition: an interval of at least one step.
  public init(_ rate: Float, factor: Float, over interval: Int = 1) {
    precondition(interval > 0, "a schedule needs at least one step")
    self.rate = rate
    self.factor = factor
    self.interval = interval
  }

  /// The rate at a step, counted from 0.
  public func rate(at step: Int) -> Float {
    Float(Double(rate) * pow(Double(factor), Double(max(step, 0)) / Double(interval)))
  }
}
