import CGraftImage
public import SystemPackage

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Writes 8-bit RGB images as PNG.
public enum PNGWriter {
  /// Writes a file, whole or not at all: under another name in the same folder, then renamed. A
  /// file of that name is replaced.
  public static func write(_ image: Image, to path: FilePath) throws(DataError) {
    try replaceFile(path, with: encode(image))
  }

  /// The bytes of the PNG file.
  public static func encode(_ image: Image) throws(DataError) -> [UInt8] {
    guard let width = UInt32(exactly: image.width), let height = UInt32(exactly: image.height),
      max(width, height) <= UInt32(Int32.max)
    else { throw DataError("\(image.width) x \(image.height) pixels are too many for PNG") }
    var count = 0
    guard
      let bytes = image.pixels.withUnsafeBufferPointer({
        graft_png_encode($0.baseAddress, width, height, &count)
      })
    else { throw DataError("not enough memory to encode the PNG", kind: .system) }
    defer { free(bytes) }
    return Array(UnsafeBufferPointer(start: bytes, count: count))
  }
}
