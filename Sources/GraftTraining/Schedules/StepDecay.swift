#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The rate times a factor after every so many steps: `η(t) = η₀ · γ^⌊t/T⌋`.
public struct StepDecay: Schedule, Hashable {
  /// η₀
  public let rate: Float
  /// γ
  public let factor: Float
  /// T
  public let interval: Int

  /// From `rate`, times `factor` after every `interval` steps.
  ///
  /// - Precondition: an interval of at least one step.
  public init(_ rate: Float, factor: Float = 0.1, every interval: Int) {
    precondition(interval > 0, "a schedule needs at least one step")
    self.rate = rate
    self.factor = factor
    self.interval = interval
  }

  /// The rate at a step, counted from 0.
  public func rate(at step: Int) -> Float {
    Float(Double(rate) * pow(Double(factor), Double(max(step, 0) / interval)))
  }
}
