public import GraftTensor

/// The photo moved by a few pixels: a margin is added on all sides, and a random window of the
/// photo's size is cut out.
///
/// Source: the recipe for CIFAR of He et al., "Deep residual learning", CVPR 2016, section 4.2: a
/// margin of 4 on pictures of 32 pixels, of the mean colour.
public struct PadCrop: Augmentation {
  /// How far the photo is moved.
  public struct Shift: Hashable, Sendable {
    /// Pixels to the right.
    public var x: Int
    /// Pixels down.
    public var y: Int

    /// A move.
    public init(x: Int, y: Int) {
      self.x = x
      self.y = y
    }
  }

  /// The margin as a part of the side.
  public var margin: Double
  /// What the margin shows.
  public var border: Border

  /// - Parameters:
  ///   - margin: as a part of the side.
  ///   - border: what the margin shows.
  public init(margin: Double = 0.125, border: Border = .grey) {
    self.margin = margin
    self.border = border
  }

  /// The move: whole pixels up to the margin in each direction, equally often.
  public func draw(width: Int, height: Int, using generator: inout SeededGenerator) -> Shift {
    func shift(_ side: Int) -> Int {
      let most = Int((margin * Double(side)).rounded())
      return generator.integer(below: 2 * most + 1) - most
    }
    return Shift(x: shift(width), y: shift(height))
  }

  /// Moves.
  public func apply(_ shift: Shift, to image: Image) -> Image {
    image.translated(x: shift.x, y: shift.y, border: border)
  }
}
