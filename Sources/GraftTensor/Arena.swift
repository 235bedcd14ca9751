/// One allocation from which a session hands out its views; made once, freed with the session.
public final class Arena {
  /// The first float, on a cache line.
  public let base: UnsafeMutablePointer<Float>
  /// How many floats there are.
  public let count: Int

  /// Memory for `count` floats, aligned to a cache line at least, untouched and, where it is large,
  /// in huge pages.
  public init(count: Int) {
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    base = HugePages.allocate(bytes: bytes).bindMemory(to: Float.self, capacity: max(count, 1))
    self.count = count
  }

  deinit { UnsafeMutableRawPointer(base).deallocate() }

  /// Rounds a count of floats up so that the next range begins on a cache line.
  public static func aligned(_ count: Int) -> Int { (count + 15) / 16 * 16 }
}
