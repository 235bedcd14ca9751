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
/// The momentum goes the other way over the same steps, from its highest to its lowest and back:
/// large steps want little memory, small ones can use more.
/// Source: Smith, Topin, "Super-convergence: very fast training of neural networks using large
/// learning rates", 2018; Smith, "A disciplined approach to neural network hyper-parameters: part 1",
/// 2018, for the momentum. The numbers are those of `torch.optim.lr_scheduler.OneCycleLR`.
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
  /// The lowest momentum, at the highest rate, and the highest; nil where it stays as it is.
  public let momenta: ClosedRange<Float>?

  /// Up to `peakRate` and down again within `steps` steps.
  ///
  /// - Precondition: at least one step, a rise in `0...1`, divisors above 0, momenta in `0..<1`.
  public init(
    _ peakRate: Float, steps: Int, rise: Float = 0.3, initialDivisor: Float = 25,
    finalDivisor: Float = 1e4, momenta: ClosedRange<Float>? = 0.85...0.95
  ) {
    precondition(steps > 0, "a schedule needs at least one step")
    precondition((0...1).contains(rise), "the rise must be a part of the steps")
    precondition(initialDivisor > 0 && finalDivisor > 0, "the divisors must be above 0")
    precondition(
      momenta.map { $0.lowerBound >= 0 && $0.upperBound < 1 } ?? true, "momenta must be in 0..<1")
    self.peakRate = peakRate
    self.steps = steps
    self.rise = rise
    self.initialDivisor = initialDivisor
    self.finalDivisor = finalDivisor
    self.momenta = momenta
  }

  /// The rate at a step, counted from 0.
  public func rate(at step: Int) -> Float {
    let first = Double(peakRate) / Double(initialDivisor)
    return value(
      at: step, from: first, over: Double(peakRate), to: first / Double(finalDivisor))
  }

  /// The momentum at a step, counted from 0.
  public func momentum(at step: Int) -> Float? {
    momenta.map {
      let highest = Double($0.upperBound)
      return value(at: step, from: highest, over: Double($0.lowerBound), to: highest)
    }
  }

  /// From a first value to the turn and on to the last, each along half a cosine.
  private func value(
    at step: Int, from first: Double, over turn: Double, to last: Double
  ) -> Float {
    let t = Double(min(max(step, 0), steps - 1))
    let (top, end) = (Double(rise) * Double(steps) - 1, Double(steps - 1))
    if t <= top { return Float(top > 0 ? Self.half(from: first, to: turn, at: t / top) : turn) }
    return Float(Self.half(from: turn, to: last, at: (t - top) / (end - top)))
  }

  /// Half a cosine between two values.
  private static func half(from start: Double, to end: Double, at progress: Double) -> Double {
    end + (start - end) / 2 * (1 + cos(Double.pi * progress))
  }
}
