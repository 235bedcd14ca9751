/// How a photo becomes a network's input: geometry, then `x = (pixel * scale - mean) / std` for each
/// channel in the model's order. A value, stored as JSON in the file's `graft.preprocess`.
public struct Preprocessing: Hashable, Sendable {
  /// The order of the model's channels.
  public enum Channels: String, Hashable, Sendable {
    case rgb = "RGB"
    case bgr = "BGR"
  }

  /// How pixels are resampled.
  public enum Filter: String, Hashable, Sendable {
    /// A triangle as wide as the reduction, as Pillow's and torchvision's antialiased bilinear.
    case bilinearAntialias = "bilinear-antialias"
  }

  /// How a photo of any proportions becomes a square.
  public enum Fit: String, Hashable, Sendable {
    /// The shorter side becomes `resize`, the middle `crop` by `crop` pixels are kept.
    case crop
    /// The longer side becomes `crop`; the rest is filled with `padColor`, evenly on both sides.
    case pad
    /// Both sides become `crop`, proportions lost.
    case stretch
  }

  public var channels: Channels
  /// The shorter side after resizing; `nil` goes straight to the size of the crop.
  public var resize: Int?
  public var filter: Filter
  public var fit: Fit
  /// The side of the square that is kept; `nil` keeps all, so that sizes differ between photos.
  public var crop: Int?
  public var scale: Double
  /// In the model's channel order, as is `std`.
  public var mean: [Double]
  public var std: [Double]
  /// Whether a JPEG is turned as its EXIF orientation says.
  public var exif: Bool
  /// RGB of the margins of `Fit.pad`; `nil` is the mean colour, which becomes zero.
  public var padColor: [UInt8]?

  public init(
    channels: Channels = .rgb, resize: Int? = 256, filter: Filter = .bilinearAntialias,
    fit: Fit = .crop, crop: Int? = 224, scale: Double = 1, mean: [Double] = [0, 0, 0],
    std: [Double] = [1, 1, 1], exif: Bool = true, padColor: [UInt8]? = nil
  ) {
    self.channels = channels
    self.resize = resize
    self.filter = filter
    self.fit = fit
    self.crop = crop
    self.scale = scale
    self.mean = mean
    self.std = std
    self.exif = exif
    self.padColor = padColor
  }
}

// MARK: - Conventions

extension Preprocessing {
  /// torchvision's: shorter side 256, middle 224 x 224, RGB, normalised by ImageNet's statistics.
  public static let imageNet = Preprocessing(
    scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225])

  /// Caffe's: shorter side 256, middle 224 x 224, BGR 0-255, ImageNet's mean subtracted.
  public static let caffe = Preprocessing(
    channels: .bgr, mean: [103.939, 116.779, 123.68])

  /// The same geometry, with the arithmetic left to the network: RGB 0-255. For an exported file
  /// whose graph normalises its input itself.
  public var leavingArithmeticToNetwork: Preprocessing {
    var copy = self
    if fit == .pad { copy.padColor = marginColor }
    (copy.channels, copy.scale) = (.rgb, 1)
    (copy.mean, copy.std) = ([0, 0, 0], [1, 1, 1])
    return copy
  }

  /// RGB of the margins: the colour nearest to the mean, unless another is asked for.
  var marginColor: [UInt8] {
    if let padColor { return padColor }
    let colors = mean.map { mean in
      let value = (mean / scale).rounded()
      return value.isFinite ? UInt8(min(max(value, 0), 255)) : 0
    }
    return channels == .bgr ? colors.reversed() : colors
  }
}

// MARK: - Validity

extension Preprocessing {
  /// The sides that `resize` and `crop` may have.
  public static let sides = 1...8192

  /// What is wrong with the values, if anything is.
  public func validate() throws(DataError) {
    for (key, side) in [("resize", resize), ("crop", crop)] {
      guard let side, !Self.sides.contains(side) else { continue }
      throw DataError(
        "\(key) is \(side); expected \(Self.sides.lowerBound) to \(Self.sides.upperBound)")
    }
    if fit == .crop, let resize, let crop, resize < crop {
      throw DataError("resize (\(resize)) is smaller than crop (\(crop)); make it at least as large")
    }
    guard scale.isFinite, scale != 0 else {
      throw DataError("scale is \(scale); expected a finite number other than 0")
    }
    for (key, values) in [("mean", mean), ("std", std)] {
      guard values.count == 3 else {
        throw DataError("\(key) has \(values.count) numbers; expected 3, one for each channel")
      }
      guard values.allSatisfy(\.isFinite) else {
        throw DataError("\(key) is \(values); expected finite numbers")
      }
    }
    guard !std.contains(0) else {
      throw DataError("std is \(std); expected numbers other than 0, because it divides")
    }
    if let padColor, padColor.count != 3 {
      throw DataError("pad has \(padColor.count) numbers; expected 3: red, green, blue")
    }
  }
}
