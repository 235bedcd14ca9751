public import GraftTensor

/// Brightness, contrast, saturation and hue changed at random, in random order.
///
/// The factors of the first three are uniform in `1 ± amount`, not below 0; the hue moves by up to
/// `± hue` of the circle. Source: torchvision's `ColorJitter`.
public struct ColorJitter: Augmentation {
  /// One of the four changes.
  public enum Change: Hashable, Sendable {
    case brightness(Float)
    case contrast(Float)
    case saturation(Float)
    /// In turns of the circle.
    case hue(Float)
  }

  /// Largest change of the factor.
  public var brightness: Double
  /// Largest change of the factor.
  public var contrast: Double
  /// Largest change of the factor.
  public var saturation: Double
  /// Largest move, in turns of the circle; at most 0.5.
  public var hue: Double

  /// - Parameters: the largest changes; 0 leaves a property as it is.
  public init(brightness: Double, contrast: Double, saturation: Double, hue: Double = 0) {
    self.brightness = brightness
    self.contrast = contrast
    self.saturation = saturation
    self.hue = hue
  }

  /// The changes, in the order in which they are made.
  public func draw(width: Int, height: Int, using generator: inout SeededGenerator) -> [Change] {
    func factor(_ amount: Double) -> Float {
      Float(generator.uniform(max(0, 1 - amount), 1 + amount))
    }
    // All are drawn, so that leaving one out does not change the others.
    var changes: [(amount: Double, change: Change)] = [
      (brightness, .brightness(factor(brightness))), (contrast, .contrast(factor(contrast))),
      (saturation, .saturation(factor(saturation))),
      (hue, .hue(Float(generator.uniform(-hue, hue)))),
    ]
    for i in stride(from: changes.count - 1, to: 0, by: -1) {
      changes.swapAt(i, generator.integer(below: i + 1))
    }
    return changes.filter { $0.amount > 0 }.map(\.change)
  }

  /// Makes the changes one after the other, each rounded to 8 bits.
  public func apply(_ changes: [Change], to image: Image) -> Image {
    changes.reduce(image) { image, change in
      switch change {
      case .brightness(let factor): image.withBrightness(factor)
      case .contrast(let factor): image.withContrast(factor)
      case .saturation(let factor): image.withSaturation(factor)
      case .hue(let turns): image.withHueShift(turns: turns)
      }
    }
  }
}
