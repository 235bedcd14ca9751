#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

// Brightness, contrast and saturation go from a degenerate image (black, grey, without colour) at 0
// to the image itself at 1 and beyond: `degenerate + factor * (image - degenerate)`, cut off at 0
// and 255, fractions dropped. Source: Pillow's `ImageEnhance`, which torchvision uses.

extension Image {
  /// Black at 0, itself at 1.
  public func withBrightness(_ factor: Float) -> Image {
    let table = (0...255).map { Self.blend(0, UInt8($0), factor) }
    return mapped { table[Int($0)] }
  }

  /// The mean grey at 0, itself at 1.
  public func withContrast(_ factor: Float) -> Image {
    var sum = 0
    for pixel in stride(from: 0, to: pixels.count, by: 3) { sum += Int(grey(at: pixel)) }
    let mean = UInt8((Double(sum) / Double(width * height) + 0.5))
    let table = (0...255).map { Self.blend(mean, UInt8($0), factor) }
    return mapped { table[Int($0)] }
  }

  /// Without colour at 0, itself at 1.
  public func withSaturation(_ factor: Float) -> Image {
    var result = self
    for pixel in stride(from: 0, to: pixels.count, by: 3) {
      let grey = grey(at: pixel)
      for index in pixel..<pixel + 3 {
        result.pixels[index] = Self.blend(grey, pixels[index], factor)
      }
    }
    return result
  }

  /// Every colour moved on round the circle of hues: red, yellow, green, cyan, blue, magenta.
  ///
  /// Brightness (the largest channel) and saturation (the smallest over the largest) stay. Nothing is
  /// rounded to 8 bits in between, unlike Pillow's HSV. Source: Smith, "Color gamut transform pairs",
  /// SIGGRAPH 1978.
  ///
  /// - Parameter turns: of the circle; 0.5 gives the complementary colours.
  public func withHueShift(turns: Float) -> Image {
    var result = self
    for pixel in stride(from: 0, to: pixels.count, by: 3) {
      let shifted = Self.shiftHue(
        Float(pixels[pixel]), Float(pixels[pixel + 1]), Float(pixels[pixel + 2]), turns)
      for channel in 0..<3 { result.pixels[pixel + channel] = UInt8(shifted[channel] + 0.5) }
    }
    return result
  }

  private static func shiftHue(_ r: Float, _ g: Float, _ b: Float, _ turns: Float) -> SIMD3<Float> {
    let (high, low) = (max(r, g, b), min(r, g, b))
    let range = high - low
    guard range > 0 else { return [r, g, b] }
    // Sixths of the circle.
    let hue =
      high == r ? (g - b) / range : high == g ? 2 + (b - r) / range : 4 + (r - g) / range
    var place = (hue + 6 * turns).truncatingRemainder(dividingBy: 6)
    if place < 0 { place += 6 }
    // Each channel is a trapezoid over the circle, a third of it apart.
    func channel(_ offset: Float) -> Float {
      let k = (place + offset).truncatingRemainder(dividingBy: 6)
      return high - range * max(0, min(1, k, 4 - k))
    }
    return [channel(5), channel(3), channel(1)]
  }

  /// ITU-R 601 luma in units of 2^-16, as Pillow's `convert("L")`.
  func grey(at pixel: Int) -> UInt8 {
    let sum =
      19595 * Int(pixels[pixel]) + 38470 * Int(pixels[pixel + 1]) + 7471 * Int(pixels[pixel + 2])
    return UInt8((sum + 0x8000) >> 16)
  }

  static func blend(_ degenerate: UInt8, _ value: UInt8, _ factor: Float) -> UInt8 {
    let difference = Float(Int(value) - Int(degenerate))
    return UInt8(min(max(Float(degenerate) + factor * difference, 0), 255))
  }

  func mapped(_ change: (UInt8) -> UInt8) -> Image {
    Image(width: width, height: height, pixels: pixels.map(change))
  }
}
