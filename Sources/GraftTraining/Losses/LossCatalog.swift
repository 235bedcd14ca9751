/// The losses by name, as settings and the command line spell them.
public enum LossCatalog {
  /// Sorted by name.
  public static let names = makers.keys.sorted()

  /// The loss of this name.
  ///
  /// - Throws: where there is none; the hint lists what there is.
  public static func make(
    _ name: String, labelSmoothing: Float = 0, classWeights: [Float]? = nil
  ) throws(TrainingError) -> any Loss {
    guard let maker = makers[name] else {
      throw .unknownName(name, of: "loss", known: names)
    }
    return maker(labelSmoothing, classWeights)
  }

  private static let makers: [String: @Sendable (Float, [Float]?) -> any Loss] = [
    "cross-entropy": { SoftmaxCrossEntropy(labelSmoothing: $0, classWeights: $1) }
  ]
}

extension TrainingError {
  static func unknownName(_ name: String, of kind: String, known: [String]) -> TrainingError {
    TrainingError(
      "no \(kind) is called '\(name)'", kind: .badSetting,
      hints: ["known: " + known.joined(separator: ", ")])
  }
}
