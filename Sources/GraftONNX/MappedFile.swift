package import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A regular file mapped read-only and privately; unmapped when the last owner lets go.
///
/// Replacing the file by rename, as `ONNXWriter` does, leaves the mapping as it was. Whoever
/// truncates a mapped file in place makes later reads of the lost pages end the process (SIGBUS);
/// no check can prevent that, `isUnchanged` only narrows the time in which it goes unnoticed.
package final class MappedFile: @unchecked Sendable {
  // @unchecked: nothing changes after init.
  let base: UnsafeRawPointer
  let count: Int
  private let descriptor: CInt
  private let stamp: FileStamp

  /// Why a file could not be mapped, for the caller to put into words.
  package enum Failure: Error {
    case isFolder
    case notRegular
    case system(CInt)
  }

  /// Opens `path` relative to the open folder, or as it stands. Waits for no FIFO.
  package init(_ path: FilePath, in folder: CInt = AT_FDCWD, followingLinks: Bool) throws(Failure) {
    let flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC | (followingLinks ? 0 : O_NOFOLLOW)
    let opened = path.withPlatformString { name in retrying { openat(folder, name, flags) } }
    guard opened >= 0 else { throw .system(errno) }
    var keeping = false
    defer { if !keeping { close(opened) } }

    var info = stat()
    guard fstat(opened, &info) == 0 else { throw .system(errno) }
    stamp = FileStamp(info)
    if stamp.isFolder { throw .isFolder }
    guard stamp.isRegular else { throw .notRegular }
    // An empty file cannot be mapped; one anonymous page stands for it.
    let flag = stamp.size == 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_PRIVATE
    let mapped = mmap(
      nil, max(stamp.size, 1), PROT_READ, flag, stamp.size == 0 ? -1 : opened, 0)
    guard let mapped, mapped != MAP_FAILED else { throw .system(errno) }
    base = UnsafeRawPointer(mapped)
    count = stamp.size
    descriptor = opened
    keeping = true
  }

  deinit {
    munmap(UnsafeMutableRawPointer(mutating: base), max(count, 1))
    close(descriptor)
  }

  /// Lets go of the whole pages within a range; the next reader finds them in the file again.
  func releasePages(_ start: UnsafeRawPointer, _ length: Int) {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let first = (Int(bitPattern: start) + page - 1) / page * page
    let end = (Int(bitPattern: start) + length) / page * page
    guard first < end, let pages = UnsafeMutableRawPointer(bitPattern: first) else { return }
    madvise(pages, end - first, MADV_DONTNEED)
  }

  package var bytes: ONNXBytes { ONNXBytes(base: base, count: count, owner: self) }

  /// Whether size and time of change are still those of the opening.
  package var isUnchanged: Bool {
    var info = stat()
    return fstat(descriptor, &info) == 0 && FileStamp(info) == stamp
  }
}
