public import GraftTensor

/// Left and right exchanged, every second time.
///
/// Wrong where sides mean something: writing, traffic signs, organs.
public struct HorizontalFlip: Augmentation {
  /// How often.
  public var probability: Double

  /// - Parameter probability: of the exchange.
  public init(probability: Double = 0.5) { self.probability = probability }

  /// Whether to exchange.
  public func draw(width: Int, height: Int, using generator: inout SeededGenerator) -> Bool {
    generator.chance(probability)
  }

  /// Exchanges, or not.
  public func apply(_ isFlipped: Bool, to image: Image) -> Image {
    isFlipped ? image.flippedHorizontally() : image
  }
}
