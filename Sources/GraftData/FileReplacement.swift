package import SystemPackage

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Writes a file, whole or not at all, and makes it last.
package func replaceFile(_ path: FilePath, with bytes: [UInt8]) throws(DataError) {
  try replaceFile(path) { (descriptor) throws(Errno) in
    try bytes.withUnsafeBufferPointer { (buffer) throws(Errno) in
      try writeAll(UnsafeRawBufferPointer(buffer), to: descriptor)
    }
  }
}

/// Writes a file from pieces, whole or not at all, and makes it last.
///
/// - Parameter writePieces: calls its argument for each piece, in order.
package func replaceFile(
  _ path: FilePath,
  pieces writePieces: ((UnsafeRawBufferPointer) throws(Errno) -> Void) throws(Errno) -> Void
) throws(DataError) {
  try replaceFile(path) { (descriptor) throws(Errno) in
    try writePieces { (piece) throws(Errno) in try writeAll(piece, to: descriptor) }
  }
}

/// Copies a regular file, whole or not at all.
package func copyFile(_ source: FilePath, to target: FilePath) throws(DataError) {
  var failure: DataError?
  do throws(DataError) {
    try replaceFile(target) { (write) throws(Errno) in
      do throws(DataError) {
        try forEachPiece(of: source) { (piece) throws(DataError) in
          do throws(Errno) { try write(piece) } catch { throw .writing(error) }
        }
      } catch {
        failure = error
        throw Errno.ioError
      }
    }
  } catch { throw failure ?? error }
}

private func replaceFile(
  _ path: FilePath, _ fill: (Int32) throws(Errno) -> Void
) throws(DataError) {
  guard path.lastComponent != nil else {
    throw DataError("cannot be created: a folder, not a file", kind: .cannotCreate)
  }
  // In the same folder: a rename between file systems is a copy.
  let folder = path.removingLastComponent()
  let random = String(UInt64.random(in: 0...UInt64.max), radix: 36)
  let temporary = folder.appending(".graft-\(random)")
  let descriptor = temporary.withPlatformString {
    open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
  }
  guard descriptor >= 0 else { throw .writing(.last) }
  do throws(Errno) {
    do throws(Errno) {
      try fill(descriptor)
      guard fsync(descriptor) == 0 else { throw .last }
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

private func writeAll(
  _ bytes: UnsafeRawBufferPointer, to descriptor: Int32
) throws(Errno) {
  var written = 0
  while written < bytes.count {
    let count = write(descriptor, bytes.baseAddress! + written, bytes.count - written)
    if count > 0 { written += count } else if Errno.last != .interrupted { throw .last }
  }
}

/// Best effort: some file systems refuse to sync a folder, and the file is there either way.
private func sync(folder: FilePath) {
  let path: FilePath = folder.isEmpty ? "." : folder
  let descriptor = path.withPlatformString { open($0, O_RDONLY | O_CLOEXEC) }
  guard descriptor >= 0 else { return }
  _ = fsync(descriptor)
  close(descriptor)
}
