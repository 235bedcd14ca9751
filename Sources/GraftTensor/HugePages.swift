#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Memory in pages of two megabytes, where the system has them: an activation of hundreds of
/// megabytes in pages of four kilobytes misses the processor's table of pages all the time.
enum HugePages {
  private static let size = 1 << 21

  /// The alignment that memory of so many bytes should have.
  static func alignment(bytes: Int) -> Int {
    bytes >= 2 * size ? size : TensorStorage.alignment
  }

  /// Asks for huge pages; the system may decline, which costs only speed.
  static func advise(_ base: UnsafeMutableRawPointer, bytes: Int) {
    #if os(Linux)
      guard bytes >= 2 * size else { return }
      madvise(base, bytes / size * size, MADV_HUGEPAGE)
    #endif
  }
}
