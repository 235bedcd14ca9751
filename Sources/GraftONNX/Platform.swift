import SystemPackage

// The system's C library, for the calls that swift-system lacks: fstat, mmap, fsync, link.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The facts about an open file that tell whether it is still the same.
struct FileStamp: Equatable {
  let isRegular: Bool
  let isFolder: Bool
  let size: Int
  private let changed: (seconds: Int, nanoseconds: Int)

  init(_ info: stat) {
    isRegular = info.st_mode & S_IFMT == S_IFREG
    isFolder = info.st_mode & S_IFMT == S_IFDIR
    size = Int(info.st_size)
    #if canImport(Darwin)
      changed = (Int(info.st_mtimespec.tv_sec), Int(info.st_mtimespec.tv_nsec))
    #else
      changed = (Int(info.st_mtim.tv_sec), Int(info.st_mtim.tv_nsec))
    #endif
  }

  static func == (a: Self, b: Self) -> Bool {
    a.isRegular == b.isRegular && a.size == b.size && a.changed == b.changed
  }
}

/// The system's words for the last failure, such as "No such file or directory".
func systemMessage(_ code: CInt) -> String { Errno(rawValue: code).description }

/// Repeats a system call that a signal interrupted.
func retrying(_ call: () -> CInt) -> CInt {
  while true {
    let result = call()
    if result != -1 || errno != EINTR { return result }
  }
}
