/// The optimizers by name, as settings and the command line spell them.
public enum OptimizerCatalog {
  /// Those that learn batch by batch, sorted.
  public static let names: [String] = entries.keys.sorted()

  /// Those whose every step sees all samples, which train heads on kept features:
  /// ``FullBatchTrainer``.
  public static let fullBatchNames = ["lbfgs"]

  /// All, sorted.
  public static let allNames: [String] = (names + fullBatchNames).sorted()

  /// The optimizer of this name, usual where the settings leave something open.
  ///
  /// - Throws: where there is none, the hint listing what there is; where a setting is outside its
  ///   range, or not one of this optimizer.
  public static func make(
    _ name: String, settings: OptimizerSettings = OptimizerSettings()
  ) throws(TrainingError) -> any Optimizer {
    let entry = try entry(name)
    try settings.validate()
    for (setting, value) in [
      ("momentum", settings.momentum), ("beta1", settings.beta1), ("beta2", settings.beta2),
    ] where value != nil && !entry.settings.contains(setting) {
      throw TrainingError(
        "\(name) has no \(setting)", kind: .badSetting,
        hints: [setting + " is a setting of: " + names(with: setting).joined(separator: ", ")])
    }
    guard name != "nesterov" || settings.momentum != 0 else {
      throw TrainingError(
        "momentum is 0; expected a number above 0, since nesterov looks ahead along the momentum",
        kind: .badSetting, hints: ["Without momentum the optimizer is sgd."])
    }
    return entry.make(settings)
  }

  /// The optimizer of this name, with its usual settings but for weight decay.
  ///
  /// - Throws: where there is none; the hint lists what there is.
  public static func make(
    _ name: String, weightDecay: Float
  ) throws(TrainingError) -> any Optimizer {
    try make(name, settings: OptimizerSettings(weightDecay: weightDecay))
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
    /// What can be chosen beside weight decay.
    let settings: Set<String>
    let make: @Sendable (OptimizerSettings) -> any Optimizer
  }

  private static let entries: [String: Entry] = [
    "adam": Entry(rate: 1e-3, isScaleFree: true, settings: ["beta1", "beta2"]) {
      Adam(beta1: $0.beta1 ?? 0.9, beta2: $0.beta2 ?? 0.999, weightDecay: $0.weightDecay)
    },
    "adamw": Entry(rate: 1e-3, isScaleFree: true, settings: ["beta1", "beta2"]) {
      AdamW(beta1: $0.beta1 ?? 0.9, beta2: $0.beta2 ?? 0.999, weightDecay: $0.weightDecay)
    },
    "nesterov": Entry(rate: 1e-2, isScaleFree: false, settings: ["momentum"]) {
      SGD(momentum: $0.momentum ?? 0.9, isNesterov: true, weightDecay: $0.weightDecay)
    },
    "rmsprop": Entry(rate: 1e-3, isScaleFree: true, settings: ["momentum", "beta2"]) {
      RMSprop(
        decay: $0.beta2 ?? 0.99, momentum: $0.momentum ?? 0, weightDecay: $0.weightDecay)
    },
    "sgd": Entry(rate: 1e-2, isScaleFree: false, settings: ["momentum"]) {
      SGD(momentum: $0.momentum ?? 0.9, weightDecay: $0.weightDecay)
    },
  ]

  private static func names(with setting: String) -> [String] {
    names.filter { entries[$0]!.settings.contains(setting) }
  }

  private static func entry(_ name: String) throws(TrainingError) -> Entry {
    guard !fullBatchNames.contains(name) else {
      throw TrainingError(
        "\(name) trains heads on kept features; below them choose "
          + names.joined(separator: ", "), kind: .badSetting,
        hints: ["--depth head trains the head alone."])
    }
    guard let entry = entries[name] else {
      throw .unknownName(name, of: "optimizer", known: allNames)
    }
    return entry
  }
}
