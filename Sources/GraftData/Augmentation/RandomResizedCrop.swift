public import GraftTensor

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A random part of the photo, of random size and proportions, scaled to the size that is wanted.
///
/// Area: uniform in `scale` of the photo's; width over height: its logarithm uniform in that of
/// `ratio`. Where ten draws do not fit into the photo, the middle as large as the ratio allows.
/// Source: Szegedy et al., "Going deeper with convolutions", CVPR 2015; torchvision's
/// `RandomResizedCrop`.
public struct RandomResizedCrop: Augmentation {
  /// Least and largest part of the area.
  public var scale: ClosedRange<Double>
  /// Least and largest width over height.
  public var ratio: ClosedRange<Double>

  /// - Parameters:
  ///   - scale: least and largest part of the area.
  ///   - ratio: least and largest width over height.
  public init(
    scale: ClosedRange<Double> = 0.08...1, ratio: ClosedRange<Double> = 3.0 / 4...4.0 / 3
  ) {
    self.scale = scale
    self.ratio = ratio
  }

  /// The part that is kept.
  public func draw(
    width: Int, height: Int, using generator: inout SeededGenerator
  ) -> PixelRegion {
    for _ in 0..<10 {
      let area = Double(width * height) * generator.uniform(scale.lowerBound, scale.upperBound)
      let proportion = exp(generator.uniform(log(ratio.lowerBound), log(ratio.upperBound)))
      let w = Int((area * proportion).squareRoot().rounded(.toNearestOrEven))
      let h = Int((area / proportion).squareRoot().rounded(.toNearestOrEven))
      guard w > 0, w <= width, h > 0, h <= height else { continue }
      return PixelRegion(
        left: generator.integer(below: width - w + 1),
        top: generator.integer(below: height - h + 1), width: w, height: h)
    }
    return middle(width: width, height: height)
  }

  /// The largest middle part whose proportions are within `ratio`.
  func middle(width: Int, height: Int) -> PixelRegion {
    let proportion = Double(width) / Double(height)
    var (w, h) = (width, height)
    if proportion < ratio.lowerBound {
      h = Int((Double(width) / ratio.lowerBound).rounded(.toNearestOrEven))
    } else if proportion > ratio.upperBound {
      w = Int((Double(height) * ratio.upperBound).rounded(.toNearestOrEven))
    }
    (w, h) = (max(1, min(w, width)), max(1, min(h, height)))
    return PixelRegion(left: (width - w) / 2, top: (height - h) / 2, width: w, height: h)
  }

  /// The part at the size of the photo.
  public func apply(_ region: PixelRegion, to image: Image) -> Image {
    image.resized(region, width: image.width, height: image.height)
  }
}
