public import GraftTensor

/// A change of a photo that leaves its class as it is: drawn at random, then applied.
///
/// Drawing and applying are apart. What is drawn is a value that can be looked at; applying it is a
/// function of that value and the photo alone, with no chance in it.
public protocol Augmentation: Hashable, Sendable {
  /// What is drawn: an angle, a region, factors.
  associatedtype Parameters: Sendable

  /// Draws what happens to a photo of this size.
  func draw(width: Int, height: Int, using generator: inout SeededGenerator) -> Parameters

  /// The photo changed as the parameters say, of the same size.
  func apply(_ parameters: Parameters, to image: Image) -> Image
}

extension Augmentation {
  /// Draws and applies.
  public func apply(to image: Image, using generator: inout SeededGenerator) -> Image {
    apply(draw(width: image.width, height: image.height, using: &generator), to: image)
  }
}

// MARK: - Drawing

extension SeededGenerator {
  /// Uniform from the lower bound up to the upper one.
  mutating func uniform(_ low: Double, _ high: Double) -> Double {
    low + (high - low) * Double(uniform())
  }

  /// One of `0..<count`: the high word of a product, uniform up to a bias of count / 2⁶⁴.
  mutating func integer(below count: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(count)).high)
  }

  /// True this often.
  mutating func chance(_ probability: Double) -> Bool { Double(uniform()) < probability }
}
