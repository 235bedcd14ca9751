/// The losses by name, as settings and the command line spell them.
public enum LossCatalog {
  /// Sorted by name.
  public static let names: [String] = makers.keys.sorted()

  /// The loss of this name; `gamma` is that of the focal loss.
  ///
  /// - Throws: where there is none, the hint listing what there is; where a setting does not apply to
  ///   it.
  public static func make(
    _ name: String, labelSmoothing: Float = 0, classWeights: [Float]? = nil, gamma: Float = 2,
    positiveWeights: [Float]? = nil
  ) throws(TrainingError) -> any Loss {
    guard let entry = makers[name] else {
      throw .unknownName(name, of: "loss", known: names)
    }
    guard entry.isOfClasses || labelSmoothing == 0 else {
      throw TrainingError(
        "\(name) takes targets as they are; expected no label smoothing, not \(labelSmoothing)",
        kind: .badSetting)
    }
    guard entry.isOfClasses || classWeights == nil else {
      throw TrainingError(
        "\(name) knows no classes; expected no class weights", kind: .badSetting)
    }
    guard entry.hasPositiveAnswers || positiveWeights == nil else {
      throw TrainingError(
        "\(name) has no positive answers; expected no weights for them", kind: .badSetting)
    }
    guard gamma >= 0 && gamma.isFinite else {
      throw TrainingError(
        "gamma is \(gamma); expected 0 or a number above", kind: .badSetting)
    }
    return entry.make(
      Settings(
        smoothing: labelSmoothing, weights: classWeights, gamma: gamma, positive: positiveWeights))
  }

  /// Are the targets of this loss classes, which smoothing and weights can be for?
  public static func isOfClasses(_ name: String) -> Bool { makers[name]?.isOfClasses ?? true }

  private struct Settings {
    let smoothing: Float
    let weights: [Float]?
    let gamma: Float
    let positive: [Float]?
  }

  private struct Entry: Sendable {
    /// Are the targets classes, rather than any numbers?
    let isOfClasses: Bool
    /// Is each output answered for itself, yes or no?
    var hasPositiveAnswers = false
    let make: @Sendable (Settings) -> any Loss
  }

  private static let makers: [String: Entry] = [
    "cross-entropy": Entry(isOfClasses: true) {
      SoftmaxCrossEntropy(labelSmoothing: $0.smoothing, classWeights: $0.weights)
    },
    "focal": Entry(isOfClasses: true) {
      FocalLoss(gamma: $0.gamma, labelSmoothing: $0.smoothing, classWeights: $0.weights)
    },
    "huber": Entry(isOfClasses: false) { _ in Huber() },
    "half-squared-error": Entry(isOfClasses: false) { _ in HalfSquaredError() },
    "hinge": Entry(isOfClasses: true) {
      Hinge(labelSmoothing: $0.smoothing, classWeights: $0.weights)
    },
    "mean-squared-error": Entry(isOfClasses: false) { _ in MeanSquaredError() },
    "sigmoid-cross-entropy": Entry(isOfClasses: true, hasPositiveAnswers: true) {
      SigmoidCrossEntropy(
        labelSmoothing: $0.smoothing, classWeights: $0.weights, positiveWeights: $0.positive)
    },
  ]
}

extension TrainingError {
  static func unknownName(_ name: String, of kind: String, known: [String]) -> TrainingError {
    TrainingError(
      "no \(kind) is called '\(name)'", kind: .badSetting,
      hints: ["known: " + known.joined(separator: ", ")])
  }
}
