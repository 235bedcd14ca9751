public import GraftTensor

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A rectangle of the photo covered with noise, every second time.
///
/// Area: uniform in `scale` of the photo's; height over width: its logarithm uniform in that of
/// `ratio`. Where ten draws do not fit, nothing is covered. Source: Zhong et al., "Random erasing
/// data augmentation", AAAI 2020, whose random values did best; ratio as torchvision's.
public struct RandomErasing: Augmentation {
  /// Where, and the seed of the noise.
  public struct Patch: Hashable, Sendable {
    /// The rectangle.
    public var region: PixelRegion
    /// Of the noise.
    public var seed: UInt64

    /// A rectangle of noise.
    public init(region: PixelRegion, seed: UInt64) {
      self.region = region
      self.seed = seed
    }
  }

  /// How often.
  public var probability: Double
  /// Least and largest part of the area.
  public var scale: ClosedRange<Double>
  /// Least and largest height over width.
  public var ratio: ClosedRange<Double>

  /// - Parameters:
  ///   - probability: how often something is covered.
  ///   - scale: least and largest part of the area.
  ///   - ratio: least and largest height over width.
  public init(
    probability: Double = 0.5, scale: ClosedRange<Double> = 0.02...0.33,
    ratio: ClosedRange<Double> = 0.3...1 / 0.3
  ) {
    self.probability = probability
    self.scale = scale
    self.ratio = ratio
  }

  /// What is covered; nil leaves the photo as it is.
  public func draw(
    width: Int, height: Int, using generator: inout SeededGenerator
  ) -> Patch? {
    guard generator.chance(probability) else { return nil }
    for _ in 0..<10 {
      let area = Double(width * height) * generator.uniform(scale.lowerBound, scale.upperBound)
      let proportion = exp(generator.uniform(log(ratio.lowerBound), log(ratio.upperBound)))
      let w = Int((area / proportion).squareRoot().rounded(.toNearestOrEven))
      let h = Int((area * proportion).squareRoot().rounded(.toNearestOrEven))
      guard w > 0, w < width, h > 0, h < height else { continue }
      let region = PixelRegion(
        left: generator.integer(below: width - w + 1),
        top: generator.integer(below: height - h + 1), width: w, height: h)
      return Patch(region: region, seed: generator.next())
    }
    return nil
  }

  /// Covers the rectangle: every channel of every pixel uniform in 0 to 255.
  public func apply(_ patch: Patch?, to image: Image) -> Image {
    guard let patch else { return image }
    var result = image
    var noise = SeededGenerator(patch.seed)
    let region = patch.region
    for y in region.top..<region.top + region.height {
      let start = 3 * (y * image.width + region.left)
      for index in start..<start + 3 * region.width {
        result.pixels[index] = UInt8(truncatingIfNeeded: noise.next() >> 56)
      }
    }
    return result
  }
}
