public import GraftTensor

/// Top and bottom exchanged, every second time.
///
/// Right for what has no above, such as cells under a microscope or land from a satellite.
public struct VerticalFlip: Augmentation {
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
    isFlipped ? image.flippedVertically() : image
  }
}
