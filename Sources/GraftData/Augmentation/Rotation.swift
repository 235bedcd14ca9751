public import GraftTensor

/// Turned about the middle by a random angle, uniform from `-degrees` to `degrees`.
public struct Rotation: Augmentation {
  /// The largest angle.
  public var degrees: Double
  /// What comes into the corners.
  public var border: Border

  /// - Parameters:
  ///   - degrees: the largest angle.
  ///   - border: what comes into the corners.
  public init(degrees: Double = 15, border: Border = .mirror) {
    self.degrees = degrees
    self.border = border
  }

  /// The angle, counter-clockwise in degrees.
  public func draw(width: Int, height: Int, using generator: inout SeededGenerator) -> Double {
    generator.uniform(-degrees, degrees)
  }

  /// Turns.
  public func apply(_ angle: Double, to image: Image) -> Image {
    image.rotated(degrees: angle, border: border)
  }
}
