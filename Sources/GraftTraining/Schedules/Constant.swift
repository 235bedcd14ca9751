/// The same rate at every step.
public struct Constant: Schedule, Hashable {
  /// The rate.
  public let rate: Float

  /// Always this rate.
  public init(_ rate: Float) { self.rate = rate }

  /// The rate, whatever the step.
  public func rate(at step: Int) -> Float { rate }
}
