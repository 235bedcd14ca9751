#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Up to a high rate and down to almost nothing, each along half a cosine: high rates in the middle
/// of the run let it be short.
///
///     η(t) from η/a to η        for t in 0 ... s,        s = f·T − 1
///     η(t) from η to η/(a·b)    for t in s ... T − 1,    the last rate from there on
///
/// The momentum stays as it is; `torch.optim.lr_scheduler.OneCycleLR`, whose rates these are, lets it
/// fall and rise against the rate unless told not to.
/// Source: Smith, Topin, "Super-convergence: very fast training of neural networks using large
/// learning rates", 2018.
public struct OneCycle: Schedule, Hashable {
  /// η
  public let peakRate: Float
  /// T
  public let steps: Int
  /// f: the part of the steps over which the rate rises.
  public let rise: Float
  /// a
  public let initialDivisor: Float
  /// b
  public let finalDivisor: Float

  /// Up to `peakRate` and down again within `steps` steps.
  ///
  /// - Precondition: at least one step, a rise in `0...1`, divisors above 0.
  public init(
    _ peakRate: Float, steps: Int, rise: Float = 0.3, initialDivisor: Float = 25,
    finalDivisor: Float = 1e4
  ) {
    precondition(steps > 0, "a schedule needs at least one step")
    precondition((0...1).contains(rise), "the rise must be a part of the steps")
    precondition(initialDivisor > 0 && finalDivisor > 0, "the divisors must be above 0")
    self.peakRate = peakRate
    self.steps = steps
    self.rise = rise
    self.initialDivisor = initialDivisor
    self.finalDivisor = finalDivisor
  }

  /// The rate at a step, counted from 0.
  public func rate(at step: Int) -> Float {
    let t = Double(min(max(step, 0), steps - 1))
    let (peak, first) = (Double(peakRate), Double(peakRate) / Double(initialDivisor))
    let (top, end) = (Double(rise) * Double(steps) - 1, Double(steps - 1))
    if t <= top {
      return Float(top > 0 ? Self.half(from: first, to: peak, at: t / top) : peak)
    }
    return Float(
      Self.half(from: peak, to: first / Double(finalDivisor), at: (t - top) / (end - top)))
  }

  /// Half a cosine between two rates.
  private static func half(from start: Double, to end: Double, at progress: Double) -> Double {
    end + (start - end) / 2 * (1 + cos(Double.pi * progress))
  }
}
