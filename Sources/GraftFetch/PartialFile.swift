internal import GraftData
internal import SystemPackage

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What has arrived of a file, locked against other programs.
final class PartialFile {
  private let path: FilePath
  private var descriptor: Int32
  /// Bytes that are there.
  private(set) var count: Int

  init(_ path: FilePath) throws(FetchError) {
    self.path = path
    descriptor = path.withPlatformString { open($0, O_RDWR | O_CREAT | O_CLOEXEC, 0o666) }
    guard descriptor >= 0 else { throw .cannotWrite(Self.reason()) }
    // Between opening and locking another program may have moved the file to its place.
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, Self.is(descriptor, at: path) else {
      Self.closeDescriptor(descriptor)
      throw .busy
    }
    count = Int(lseek(descriptor, 0, SEEK_END))
  }

  private static func `is`(_ descriptor: Int32, at path: FilePath) -> Bool {
    var (mine, there) = (stat(), stat())
    return fstat(descriptor, &mine) == 0 && path.withPlatformString({ stat($0, &there) }) == 0
      && mine.st_ino == there.st_ino && mine.st_dev == there.st_dev
  }

  func append(_ piece: UnsafeRawBufferPointer) throws(FetchError) {
    var written = 0
    while written < piece.count {
      let size = write(descriptor, piece.baseAddress! + written, piece.count - written)
      if size > 0 {
        written += size
        count += size
      } else if errno != EINTR {
        throw .cannotWrite(Self.reason())
      }
    }
  }

  func truncate() throws(FetchError) {
    guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
      throw .cannotWrite(Self.reason())
    }
    count = 0
  }

  /// The SHA-256 of what is there, in hexadecimal.
  func hash() throws(FetchError) -> String {
    do throws(DataError) { return try ContentHash(ofFile: path).hex } catch {
      throw .cannotWrite(error.message)
    }
  }

  /// Makes what is there last, under its name.
  func move(to destination: FilePath) throws(FetchError) {
    guard fsync(descriptor) == 0 else { throw .cannotWrite(Self.reason()) }
    let renamed = path.withPlatformString { from in
      destination.withPlatformString { rename(from, $0) }
    }
    guard renamed == 0 else { throw .cannotWrite(Self.reason()) }
  }

  func remove() { _ = path.withPlatformString { unlink($0) } }

  func close() {
    guard descriptor >= 0 else { return }
    Self.closeDescriptor(descriptor)
    descriptor = -1
  }

  // The method hides the function of that name.
  private static func closeDescriptor(_ descriptor: Int32) {
    #if canImport(Darwin)
      Darwin.close(descriptor)
    #elseif canImport(Musl)
      Musl.close(descriptor)
    #else
      Glibc.close(descriptor)
    #endif
  }

  private static func reason() -> String { DataError.writing(Errno(rawValue: errno)).message }
}
