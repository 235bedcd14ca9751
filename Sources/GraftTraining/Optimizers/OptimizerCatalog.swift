/// The optimizers by name, as settings and the command line spell them.
public enum OptimizerCatalog {
  /// Sorted.
  public static let names: [String] = entries.keys.sorted()

  /// The optimizer of this name, with its usual settings but for weight decay.
  ///
  /// - Throws: where there is none; the hint lists what there is.
  public static func make(
    _ name: String, weightDecay: Float
  ) throws(TrainingError) -> any Optimizer {
    try entry(name).make(weightDecay)
  }

  /// A rate at which a linear layer learns from inputs of this root mean square.
  ///
  /// Inputs s times as large want weights 1/s as large. Steps of Adam do not depend on the size of
  /// the gradient, hence 1/s; the gradient itself grows with s, hence 1/s² for plain descent.
  ///
  /// - Throws: where there is no optimizer of this name.
  public static func defaultRate(
    _ name: String, inputScale: Float = 1
  ) throws(TrainingError) -> Float {
    let entry = try entry(name)
    return entry.rate / (entry.isScaleFree ? inputScale : inputScale * inputScale)
  }

  private struct Entry: Sendable {
    /// For inputs of scale 1.
    let rate: Float
    /// Do its steps not depend on the size of the gradient?
    let isScaleFree: Bool
    let make: @Sendable (Float) -> any Optimizer
  }

  private static let entries: [String: Entry] = [
    "adamw": Entry(rate: 1e-3, isScaleFree: true) { AdamW(weightDecay: $0) },
    "nesterov": Entry(rate: 1e-2, isScaleFree: false) { SGD(isNesterov: true, weightDecay: $0) },
    "sgd": Entry(rate: 1e-2, isScaleFree: false) { SGD(weightDecay: $0) },
  ]

  private static func entry(_ name: String) throws(TrainingError) -> Entry {
    guard let entry = entries[name] else {
      throw .unknownName(name, of: "optimizer", known: names)
    }
    return entry
  }
}
