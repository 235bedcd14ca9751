/// One of the changes among which ``RandAugment`` and ``TrivialAugment`` choose, with its strength.
///
/// Source: Cubuk et al., "AutoAugment", CVPR 2019, table 6, without what later papers left out.
public enum ImageOperation: Hashable, Sendable {
  case identity
  /// Pixels to the left for each row.
  case shearX(Double)
  /// Pixels up for each column.
  case shearY(Double)
  /// Pixels to the right.
  case translateX(Int)
  /// Pixels down.
  case translateY(Int)
  /// Degrees counter-clockwise.
  case rotate(Double)
  /// 1 leaves the photo as it is, as for the next three.
  case brightness(Float)
  case color(Float)
  case contrast(Float)
  case sharpness(Float)
  /// Bits that are kept.
  case posterize(Int)
  /// Levels from here on are inverted.
  case solarize(Double)
  case autoContrast
  case equalize

  /// The photo changed.
  public func apply(to image: Image, border: Border) -> Image {
    switch self {
    case .identity: image
    case .shearX(let amount): image.shearedX(amount, border: border)
    case .shearY(let amount): image.shearedY(amount, border: border)
    case .translateX(let pixels): image.translated(x: pixels, y: 0, border: border)
    case .translateY(let pixels): image.translated(x: 0, y: pixels, border: border)
    case .rotate(let degrees): image.rotated(degrees: degrees, border: border)
    case .brightness(let factor): image.withBrightness(factor)
    case .color(let factor): image.withSaturation(factor)
    case .contrast(let factor): image.withContrast(factor)
    case .sharpness(let factor): image.withSharpness(factor)
    case .posterize(let bits): image.posterized(bits: bits)
    case .solarize(let threshold): image.solarized(threshold: threshold)
    case .autoContrast: image.autoContrasted()
    case .equalize: image.equalized()
    }
  }
}

// MARK: - Strengths

/// How strong each operation is at full magnitude.
///
/// Source: torchvision's tables of 31 strengths.
struct OperationStrengths: Hashable {
  var shear: Double
  /// Part of the side.
  var translation: Double
  var degrees: Double
  /// Change of the factor of brightness, colour, contrast and sharpness.
  var enhancement: Double
  /// Bits that are dropped.
  var posterizing: Double

  /// Of RandAugment: a translation of 150 of the 331 pixels of its authors.
  static let usual = OperationStrengths(
    shear: 0.3, translation: 150.0 / 331, degrees: 30, enhancement: 0.9, posterizing: 4)
  /// Of TrivialAugment's wide space: a translation of 32 of 224 pixels.
  static let wide = OperationStrengths(
    shear: 0.99, translation: 32.0 / 224, degrees: 135, enhancement: 0.99, posterizing: 6)
  /// Strengths are multiples of a thirtieth.
  static let steps = 30

  /// How many kinds of operation there are.
  static let kinds = 14

  /// The operation of a kind, `0..<kinds`.
  ///
  /// - Parameters:
  ///   - step: the strength, 0 to `steps`.
  ///   - isNegative: turns the change round, where it has a direction.
  func operation(
    _ kind: Int, step: Int, isNegative: Bool, width: Int, height: Int
  ) -> ImageOperation {
    let magnitude = Double(step) / Double(Self.steps)
    func signed(_ most: Double) -> Double { (isNegative ? -most : most) * magnitude }
    let factor = Float(1 + signed(enhancement))
    return switch kind {
    case 0: .identity
    case 1: .shearX(signed(shear))
    case 2: .shearY(signed(shear))
    case 3: .translateX(Int(signed(translation * Double(width))))
    case 4: .translateY(Int(signed(translation * Double(height))))
    case 5: .rotate(signed(degrees))
    case 6: .brightness(factor)
    case 7: .color(factor)
    case 8: .contrast(factor)
    case 9: .sharpness(factor)
    case 10: .posterize(8 - Int((posterizing * magnitude).rounded(.toNearestOrEven)))
    case 11: .solarize(255 - 255 * magnitude)
    case 12: .autoContrast
    default: .equalize
    }
  }
}
