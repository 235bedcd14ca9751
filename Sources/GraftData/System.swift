package import SystemPackage

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

extension DataError {
  /// The error for a failed system call on a file or folder that was there to be read.
  package static func reading(_ errno: Errno) -> DataError {
    switch errno {
    case .noSuchFileOrDirectory: DataError("no such file or folder", kind: .missing)
    case .notDirectory: DataError("not a folder")
    case .tooManySymbolicLinkLevels: DataError("link that leads in a circle", kind: .missing)
    case .permissionDenied, .notPermitted:
      DataError("cannot be read: permission denied", kind: .system)
    default: DataError("cannot be read: \(errno)", kind: .system)
    }
  }

  /// The error for a failed system call on an output.
  package static func writing(_ errno: Errno) -> DataError {
    switch errno {
    case .noSuchFileOrDirectory:
      DataError("cannot be created: its folder is not there", kind: .cannotCreate)
    case .noSpace: DataError("cannot be written: the disk is full", kind: .system)
    case .fileTooLarge, .ioError, Errno(rawValue: EDQUOT):
      DataError("cannot be written: \(errno)", kind: .system)
    default: DataError("cannot be created: \(errno)", kind: .cannotCreate)
    }
  }
}

extension Errno {
  /// What the last failed call of this thread reported.
  static var last: Errno { Errno(rawValue: errno) }
}

/// What the listing needs to know of a file; `nil` where it cannot be asked.
struct FileStatus {
  enum Kind { case regular, directory, other }
  /// One file has one identity however many names and links lead to it.
  struct Identity: Hashable {
    let device: UInt64
    let inode: UInt64
  }

  let kind: Kind
  let identity: Identity
  let size: Int

  /// Of an open file.
  init(_ descriptor: Int32) throws(Errno) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .last }
    self.init(status)
  }

  /// Of a path, following links.
  init(_ path: FilePath) throws(Errno) {
    var status = stat()
    guard path.withPlatformString({ stat($0, &status) }) == 0 else { throw .last }
    self.init(status)
  }

  private init(_ status: stat) {
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFDIR: .directory
      default: .other
      }
    identity = Identity(
      device: UInt64(truncatingIfNeeded: status.st_dev),
      inode: UInt64(truncatingIfNeeded: status.st_ino))
    size = Int(clamping: status.st_size)
  }
}

/// Reads a whole regular file, once.
package func readFile(_ path: FilePath, limit: Int) throws(DataError) -> [UInt8] {
  let (descriptor, status) = try openRegular(path)
  defer { close(descriptor) }
  var bytes: [UInt8] = []
  guard status.size <= limit else { throw .tooLong(status.size, limit) }
  // One byte more than there should be, to see the end of the file in the same call.
  bytes.reserveCapacity(status.size + 1)
  try forEachPiece(descriptor, size: status.size) { piece throws(DataError) in
    guard bytes.count + piece.count <= limit else {
      throw .tooLong(bytes.count + piece.count, limit)
    }
    bytes.append(contentsOf: piece)
  }
  return bytes
}

/// Hands out the bytes of a regular file piece by piece.
func forEachPiece(
  of path: FilePath, _ body: (UnsafeRawBufferPointer) throws(DataError) -> Void
) throws(DataError) {
  let (descriptor, status) = try openRegular(path)
  defer { close(descriptor) }
  try forEachPiece(descriptor, size: status.size, body)
}

private func forEachPiece(
  _ descriptor: Int32, size: Int, _ body: (UnsafeRawBufferPointer) throws(DataError) -> Void
) throws(DataError) {
  let capacity = min(size, (1 << 18) - 1) + 1
  let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 64)
  defer { buffer.deallocate() }
  while true {
    let got = read(descriptor, buffer.baseAddress!, capacity)
    if got == 0 { return }
    if got > 0 {
      try body(UnsafeRawBufferPointer(rebasing: buffer[..<got]))
    } else if Errno.last != .interrupted {
      throw .reading(.last)
    }
  }
}

/// Opens a regular file without waiting, so that a FIFO or a device is refused, not hung upon.
private func openRegular(_ path: FilePath) throws(DataError) -> (Int32, FileStatus) {
  let descriptor = path.withPlatformString { open($0, O_RDONLY | O_NONBLOCK | O_CLOEXEC) }
  guard descriptor >= 0 else {
    // A socket cannot be opened at all.
    if Errno.last == Errno(rawValue: ENXIO) { throw notRegular(path) }
    throw .reading(.last)
  }
  do throws(DataError) {
    let status: FileStatus
    do throws(Errno) { status = try FileStatus(descriptor) } catch { throw .reading(error) }
    guard status.kind == .regular else { throw notRegular(path) }
    return (descriptor, status)
  } catch {
    close(descriptor)
    throw error
  }
}

private func notRegular(_ path: FilePath) -> DataError {
  if let status = try? FileStatus(path), status.kind == .directory {
    return DataError("a folder, not a file")
  }
  return DataError("not a regular file but a pipe, socket or device")
}

extension DataError {
  /// The error for a file of more bytes than the limits allow.
  static func tooLong(_ size: Int, _ limit: Int) -> DataError {
    DataError(
      "file of \(size.dividedRoundingUp(by: 1_000_000)) MB; graft reads images up to "
        + "\(limit / 1_000_000) MB")
  }
}

extension Int {
  fileprivate func dividedRoundingUp(by divisor: Int) -> Int {
    self / divisor + (self % divisor == 0 ? 0 : 1)
  }
}

/// Throws where a path is no regular file that can be read.
func checkReadable(_ path: FilePath) throws(DataError) {
  let (descriptor, _) = try openRegular(path)
  close(descriptor)
}
