public import SystemPackage

/// Reads PNG and JPEG, told apart by content, as 8-bit RGB: the pixels that Pillow's
/// `convert("RGB")` gives, within one grey level.
///
/// Alpha is dropped, gamma and colour profiles are not applied, a JPEG is turned as its EXIF
/// orientation says.
public enum ImageReader {
  /// Reads the image in a file.
  ///
  /// - Parameter turning: whether a JPEG is turned as its EXIF orientation says.
  public static func read(
    _ path: FilePath, limits: ImageLimits = .standard, turning: Bool = true
  ) throws(DataError) -> DecodedImage {
    try read(bytes: readFile(path, limit: limits.fileBytes), limits: limits, turning: turning)
  }

  /// Reads the image that a file's bytes hold.
  public static func read(
    bytes: [UInt8], limits: ImageLimits = .standard, turning: Bool = true
  ) throws(DataError) -> DecodedImage {
    try bytes.withUnsafeBufferPointer { buffer throws(DataError) in
      let bytes = UnsafeRawBufferPointer(buffer)
      let decoder = try ImageDecoder(bytes, limits: limits)
      var facts = decoder.facts
      if turning { facts.orientation = orientation(bytes, facts.format) }
      let image = try decoder.image(limits: limits)
      return DecodedImage(image: image.turned(from: facts.orientation), facts: facts)
    }
  }

  static func orientation(
    _ bytes: UnsafeRawBufferPointer, _ format: ImageFacts.Format
  ) -> Orientation {
    format == .jpeg ? EXIF.orientation(ofJPEG: bytes) ?? .up : .up
  }
}
