/// The same rate at every step.
public struct Constant: Schedule, Hashable {
  public let rate: Float

  public init(_ rate: Float) { self.rate = rate }

  public func rate(at step: Int) -> Float { rate }
}
