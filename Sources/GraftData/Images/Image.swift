/// An 8-bit RGB image: `pixels` holds red, green, blue of each pixel, row by row from the top left.
public struct Image: Hashable, Sendable {
  public let width: Int
  public let height: Int
  public var pixels: [UInt8]

  /// - Precondition: sides of at least 1, and `3 * width * height` pixels.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0, "an image of \(width) x \(height)")
    precondition(
      pixels.count == 3 * width * height, "\(pixels.count) bytes for \(width) x \(height) RGB")
    self.width = width
    self.height = height
    self.pixels = pixels
  }
}

/// What a file held before it became 8-bit RGB.
public struct ImageFacts: Hashable, Sendable {
  public enum Format: String, Hashable, Sendable {
    case png = "PNG"
    case jpeg = "JPEG"
  }

  public var format: Format
  /// As stored, before the turn that EXIF asks for.
  public var width: Int
  public var height: Int
  /// Alpha or a transparent colour, dropped.
  public var hadAlpha = false
  /// 16 bits a channel, of which the upper 8 are kept; 16-bit grey is clipped at 255, as Pillow does.
  public var was16Bit = false
  public var wasGrey = false
  public var wasCMYK = false
  /// The EXIF orientation that was applied; `.up` where none was asked for.
  public var orientation = Orientation.up
}

/// An image as read from a file.
public struct DecodedImage: Hashable, Sendable {
  public var image: Image
  public var facts: ImageFacts
}

/// What a reader accepts, so that no file can take more memory or time than that.
public struct ImageLimits: Hashable, Sendable {
  /// Width times height.
  public var pixels = 100_000_000
  /// Width or height.
  public var side = 1_000_000
  /// Bytes of the file.
  public var fileBytes = 512_000_000
  /// Bytes that the JPEG decoder may hold. A progressive image needs 2 to 6 a pixel.
  public var decoderBytes = 640_000_000
  /// Passes of a progressive JPEG over the image; usual are about ten.
  public var scans = 100

  public init() {}

  /// 100 million pixels, 512 MB of file.
  public static let standard = ImageLimits()
}
