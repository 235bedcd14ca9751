/// The learning rate as a pure function of the step, counted from 0.
public protocol Schedule: Sendable {
  func rate(at step: Int) -> Float

  /// The momentum, where the schedule moves it too; nil to leave it to the optimizer.
  func momentum(at step: Int) -> Float?
}

extension Schedule {
  /// Most schedules leave it alone.
  public func momentum(at step: Int) -> Float? { nil }
}
