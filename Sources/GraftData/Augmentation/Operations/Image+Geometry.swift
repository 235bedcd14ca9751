#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Where each pixel of a result comes from: `x' = a x + b y + c`, `y' = d x + e y + f`, in pixels
/// from the upper left corner.
struct AffineMap: Hashable {
  var a = 1.0
  var b = 0.0
  var c = 0.0
  var d = 0.0
  var e = 1.0
  var f = 0.0
}

extension Image {
  func warped(_ map: AffineMap, border: Border) -> Image {
    sampled(border: border) { column, row in
      let (x, y) = (Double(column) + 0.5, Double(row) + 0.5)
      return (map.a * x + map.b * y + map.c, map.d * x + map.e * y + map.f)
    }
  }

  /// Turned counter-clockwise about the middle.
  public func rotated(degrees: Double, border: Border) -> Image {
    let angle = -degrees * Double.pi / 180
    let (cosine, sine) = (cos(angle), sin(angle))
    let (x, y) = (Double(width) / 2, Double(height) / 2)
    return warped(
      AffineMap(
        a: cosine, b: sine, c: x - cosine * x - sine * y,
        d: -sine, e: cosine, f: y + sine * x - cosine * y), border: border)
  }

  /// Rows moved to the left, each by `amount` times its distance from the top.
  public func shearedX(_ amount: Double, border: Border) -> Image {
    warped(AffineMap(b: amount), border: border)
  }

  /// Columns moved up, each by `amount` times its distance from the left.
  public func shearedY(_ amount: Double, border: Border) -> Image {
    warped(AffineMap(d: amount), border: border)
  }

  /// Moved right and down by whole pixels.
  public func translated(x: Int, y: Int, border: Border) -> Image {
    warped(AffineMap(c: -Double(x), f: -Double(y)), border: border)
  }

  /// Left and right exchanged.
  public func flippedHorizontally() -> Image { turned(from: .upMirrored) }

  /// Top and bottom exchanged.
  public func flippedVertically() -> Image { turned(from: .downMirrored) }
}

/// A rectangle of whole pixels within an image.
public struct PixelRegion: Hashable, Sendable {
  /// Pixels to its left.
  public var left: Int
  /// Pixels above it.
  public var top: Int
  /// Pixels of a row.
  public var width: Int
  /// Rows.
  public var height: Int

  /// A rectangle.
  public init(left: Int, top: Int, width: Int, height: Int) {
    self.left = left
    self.top = top
    self.width = width
    self.height = height
  }
}

extension Image {
  /// A region scaled to exactly this size, as Pillow's antialiased `BILINEAR` of the region cut out.
  ///
  /// - Precondition: the region lies within the image and is not empty.
  public func resized(_ region: PixelRegion, width: Int, height: Int) -> Image {
    precondition(
      region.left >= 0 && region.top >= 0 && region.width > 0 && region.height > 0
        && region.left + region.width <= self.width && region.top + region.height <= self.height,
      "\(region) in \(self.width) x \(self.height)")
    let size = Geometry.Size(width: width, height: height)
    let whole = Geometry(resized: size, width: width, height: height, output: size)
    var resampler = Resampler(
      from: Geometry.Size(width: region.width, height: region.height), whole)
    pixels.withUnsafeBufferPointer { pixels in
      guard let base = pixels.baseAddress else { return }
      for y in region.top..<region.top + region.height {
        resampler.push(base + 3 * (y * self.width + region.left))
      }
    }
    return Image(width: width, height: height, pixels: resampler.finish(margin: [0, 0, 0]))
  }
}
