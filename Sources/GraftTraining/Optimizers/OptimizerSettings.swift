/// What can be chosen of an optimizer beside its name and the learning rate.
public struct OptimizerSettings: Hashable, Codable, Sendable {
  /// λ: how strongly weights are pulled to zero; biases and scales are not.
  public var weightDecay: Float
  /// μ of ``SGD`` and ``RMSprop``; nil for the usual one.
  public var momentum: Float?
  /// β₁ of ``Adam`` and ``AdamW``; nil for the usual one.
  public var beta1: Float?
  /// β₂ of ``Adam`` and ``AdamW``, α of ``RMSprop``; nil for the usual one.
  public var beta2: Float?

  /// The usual settings, unless given.
  public init(
    weightDecay: Float = 0, momentum: Float? = nil, beta1: Float? = nil, beta2: Float? = nil
  ) {
    self.weightDecay = weightDecay
    self.momentum = momentum
    self.beta1 = beta1
    self.beta2 = beta2
  }

  /// - Throws: the first setting outside its range.
  public func validate() throws(TrainingError) {
    guard weightDecay >= 0 && weightDecay.isFinite else {
      throw TrainingError(
        "weight decay is \(weightDecay); expected 0 or a number above", kind: .badSetting)
    }
    for (name, value) in [("momentum", momentum), ("beta1", beta1), ("beta2", beta2)] {
      guard let value, !(0..<1).contains(value) else { continue }
      throw TrainingError(
        "\(name) is \(value); expected 0 or a number below 1", kind: .badSetting)
    }
  }
}
