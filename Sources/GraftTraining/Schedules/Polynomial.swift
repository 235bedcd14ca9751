#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Down to the last rate along a power of the steps that are left; a straight line with power 1.
///
///     η(t) = η₁ + (η₀ − η₁)·(1 − t/T)ᵖ,   η₁ from step T on
///
/// Source: the policy `poly` of Caffe; `torch.optim.lr_scheduler.PolynomialLR` where η₁ is 0.
public struct Polynomial: Schedule, Hashable {
  /// η₀
  public let rate: Float
  /// p
  public let power: Float
  /// η₁
  public let finalRate: Float
  /// T
  public let steps: Int

  /// From `rate` at step 0 to `finalRate` at step `steps`.
  ///
  /// - Precondition: at least one step, a power above 0.
  public init(_ rate: Float, steps: Int, power: Float = 1, finalRate: Float = 0) {
    precondition(steps > 0, "a schedule needs at least one step")
    precondition(power > 0, "the power must be above 0")
    self.rate = rate
    self.steps = steps
    self.power = power
    self.finalRate = finalRate
  }

  /// The rate at a step, counted from 0.
  public func rate(at step: Int) -> Float {
    let left = 1 - Double(min(max(step, 0), steps)) / Double(steps)
    return Float(
      Double(finalRate) + (Double(rate) - Double(finalRate)) * pow(left, Double(power)))
  }
}
