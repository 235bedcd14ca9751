/// The optimizers by name, as settings and the command line spell them.
public enum OptimizerCatalog {
  /// Sorted.
  public static let names = makers.keys.sorted()

  /// The optimizer of this name, with its usual settings but for weight decay.
  ///
  /// - Throws: where there is none; the hint lists what there is.
  public static func make(
    _ name: String, weightDecay: Float
  ) throws(TrainingError) -> any Optimizer {
    guard let maker = makers[name] else {
      throw .unknownName(name, of: "optimizer", known: names)
    }
    return maker(weightDecay)
  }

  private static let makers: [String: @Sendable (Float) -> any Optimizer] = [
    "adamw": { AdamW(weightDecay: $0) },
    "nesterov": { SGD(isNesterov: true, weightDecay: $0) },
    "sgd": { SGD(weightDecay: $0) },
  ]
}
