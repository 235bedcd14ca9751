/// A linear rise to the first rate of another schedule, which then begins at its step 0.
///
/// Step t of W has `(t+1)/W` of that rate, so that no step is wasted on a rate of zero.
/// Source: Goyal et al., "Accurate, large minibatch SGD", 2017, section 2.2.
public struct Warmup: Schedule {
  /// W
  public let steps: Int
  /// What follows.
  public let schedule: any Schedule

  /// Rises for so many steps, then follows `schedule`.
  public init(steps: Int, then schedule: any Schedule) {
    precondition(steps >= 0, "a negative number of steps")
    self.steps = steps
    self.schedule = schedule
  }

  /// The rate at a step, counted from 0.
  public func rate(at step: Int) -> Float {
    guard step < steps else { return schedule.rate(at: step - steps) }
    return schedule.rate(at: 0) * Float(max(step, 0) + 1) / Float(steps)
  }

  /// While the rate rises, the first of what follows.
  public func momentum(at step: Int) -> Float? { schedule.momentum(at: max(step - steps, 0)) }
}
