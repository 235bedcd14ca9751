/// The learning rate as a pure function of the step, counted from 0.
public protocol Schedule: Sendable {
  func rate(at step: Int) -> Float
}
