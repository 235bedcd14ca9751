/// The schedules by name, as settings and the command line spell them.
public enum ScheduleCatalog {
  /// Sorted.
  public static let names: [String] = makers.keys.sorted()

  /// The schedule of this name with the highest rate `rate` over `steps` steps, the first `warmup` of
  /// them rising. One-cycle always rises, over three tenths of the steps where `warmup` is 0, and
  /// moves the momentum against the rate unless `movesMomentum` is false.
  ///
  /// - Throws: where there is none; the hint lists what there is.
  public static func make(
    _ name: String, rate: Float, steps: Int, warmup: Int = 0, movesMomentum: Bool = true
  ) throws(TrainingError) -> any Schedule {
    guard let maker = makers[name] else {
      throw .unknownName(name, of: "schedule", known: names)
    }
    return maker(
      Settings(
        rate: rate, steps: max(steps, 1), warmup: max(warmup, 0), movesMomentum: movesMomentum))
  }

  private struct Settings {
    let rate: Float
    let steps: Int
    let warmup: Int
    let movesMomentum: Bool
  }

  private typealias Maker = @Sendable (Settings) -> any Schedule

  private static let makers: [String: Maker] = [
    "constant": warmed { rate, _ in Constant(rate) },
    "cosine": warmed { Cosine($0, steps: $1) },
    // Down to a hundredth.
    "exponential": warmed { Exponential($0, factor: 0.01, over: $1) },
    "linear": warmed { Polynomial($0, steps: $1) },
    // A tenth at a half and at three quarters, the custom of the CIFAR papers.
    "multi-step": warmed { MultiStep($0, milestones: [($1 + 1) / 2, (3 * $1 + 3) / 4]) },
    "one-cycle": {
      OneCycle(
        $0.rate, steps: $0.steps,
        rise: $0.warmup > 0 ? min(Float($0.warmup + 1) / Float($0.steps), 1) : 0.3,
        momenta: $0.movesMomentum ? 0.85...0.95 : nil)
    },
    // A tenth after each third, the custom of the ImageNet papers.
    "step": warmed { StepDecay($0, every: ($1 + 2) / 3) },
  ]

  private static func warmed(
    _ make: @escaping @Sendable (Float, Int) -> any Schedule
  ) -> Maker {
    { settings in
      let (steps, warmup) = (settings.steps, settings.warmup)
      let schedule = make(settings.rate, max(steps - warmup, 1))
      return warmup > 0 ? Warmup(steps: warmup, then: schedule) : schedule
    }
  }
}
