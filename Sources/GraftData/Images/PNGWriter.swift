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

/// Writes a file, whole or not at all, and makes it last.
package func replaceFile(_ path: FilePath, with bytes: [UInt8]) throws(DataError) {
  guard path.lastComponent != nil else {
    throw DataError("cannot be created: a folder, not a file", kind: .cannotCreate)
  }
  // In the same folder: a rename between file systems is a copy.
  let folder = path.removingLastComponent()
  var template = folder.appending(".graft-").bytes.map { CChar(bitPattern: $0) }
  template += "XXXXXX\0".utf8.map { CChar(bitPattern: $0) }
  let descriptor = template.withUnsafeMutableBufferPointer { mkstemp($0.baseAddress!) }
  guard descriptor >= 0 else { throw .writing(.last) }
  let temporary = template.withUnsafeBufferPointer { FilePath(platformString: $0.baseAddress!) }
  do throws(Errno) {
    do throws(Errno) {
      try writeAll(bytes, to: descriptor)
    } catch {
      close(descriptor)
      throw error
    }
    guard close(descriptor) == 0 else { throw .last }
    let renamed = temporary.withPlatformString { from in
      path.withPlatformString { rename(from, $0) }
    }
    guard renamed == 0 else { throw .last }
  } catch {
    _ = temporary.withPlatformString { unlink($0) }
    throw .writing(error)
  }
  sync(folder: folder)
}

private func writeAll(_ bytes: [UInt8], to descriptor: Int32) throws(Errno) {
  // mkstemp gives 0600; an ordinary file is what the umask leaves of 0666.
  let mask = umask(0)
  umask(mask)
  guard fchmod(descriptor, 0o666 & ~mask) == 0 else { throw .last }
  var written = 0
  while written < bytes.count {
    let count = bytes.withUnsafeBytes {
      write(descriptor, $0.baseAddress! + written, bytes.count - written)
    }
    if count > 0 { written += count } else if Errno.last != .interrupted { throw .last }
  }
  guard fsync(descriptor) == 0 else { throw .last }
}

/// Best effort: some file systems refuse to sync a folder, and the file is there either way.
private func sync(folder: FilePath) {
  let path: FilePath = folder.isEmpty ? "." : folder
  let descriptor = path.withPlatformString { open($0, O_RDONLY | O_CLOEXEC) }
  guard descriptor >= 0 else { return }
  _ = fsync(descriptor)
  close(descriptor)
}
