/// The schedules by name, as settings and the command line spell them.
public enum ScheduleCatalog {
  /// Sorted.
  public static let names = makers.keys.sorted()

  /// The schedule of this name from `rate` over `steps` steps, the first `warmup` of them rising.
  ///
  /// - Throws: where there is none; the hint lists what there is.
  public static func make(
    _ name: String, rate: Float, steps: Int, warmup: Int = 0
  ) throws(TrainingError) -> any Schedule {
    guard let maker = makers[name] else {
      throw .unknownName(name, of: "schedule", known: names)
    }
    let schedule = maker(rate, max(steps - warmup, 1))
    return warmup > 0 ? Warmup(steps: warmup, then: schedule) : schedule
  }

  private static let makers: [String: @Sendable (Float, Int) -> any Schedule] = [
    "constant": { rate, _ in Constant(rate) },
    "cosine": { Cosine($0, steps: $1) },
    // A tenth after each third, the custom of the ImageNet papers.
    "step": { StepDecay($0, every: ($1 + 2) / 3) },
  ]
}
