#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Memory in pages of two megabytes, where the system has them: an activation of hundreds of
/// megabytes in pages of four kilobytes misses the processor's table of pages all the time.
enum HugePages {
  private static let size = 1 << 21

  /// Untouched memory, in huge pages where it is large enough and the system does not decline, which
  /// costs only speed.
  static func allocate(bytes: Int) -> UnsafeMutableRawPointer {
    guard bytes >= 2 * size else {
      return .allocate(byteCount: bytes, alignment: TensorStorage.alignment)
    }
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: size)
    #if os(Linux)
      madvise(memory, bytes / size * size, MADV_HUGEPAGE)
    #endif
    return memory
  }
}
