#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Half a cosine from the first rate down to the last: fast in the middle, gentle at both ends.
///
///     η(t) = η₁ + (η₀ − η₁)·(1 + cos(π·t/T))/2,   η₁ from step T on
///
/// Source: Loshchilov, Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017.
public struct Cosine: Schedule, Hashable {
  /// η₀
  public let rate: Float
  /// η₁
  public let finalRate: Float
  /// T
  public let steps: Int

  /// From `rate` at step 0 to `finalRate` at step `steps`.
  ///
  /// - Precondition: at least one step.
  public init(_ rate: Float, steps: Int, finalRate: Float = 0) {
    precondition(steps > 0, "a schedule needs at least one step")
    self.rate = rate
    self.steps = steps
    self.finalRate = finalRate
  }

  /// The rate at a step, counted from 0.
  public func rate(at step: Int) -> Float {
    guard step < steps else { return finalRate }
    let progress = Double(max(step, 0)) / Double(steps)
    return finalRate + (rate - finalRate) * Float((1 + cos(Double.pi * progress)) / 2)
  }
}
