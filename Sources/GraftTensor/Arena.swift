/// One allocation from which a session hands out its views; made once, freed with the session.
public final class Arena {
  /// The first float, on a cache line.
  public let base: UnsafeMutablePointer<Float>
  /// How many floats there are.
  public let count: Int

  /// Memory for `count` floats, aligned to a cache line at least, untouched.
  ///
  /// - Parameter isBrief: will it be used only a few times? Else, where it is large, it lies in
  /// huge
  ///   pages: a tenth faster to use, but slower to get.
  public init(count: Int, isBrief: Bool = false) {
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    let memory =
      isBrief
      ? UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: TensorStorage.alignment)
      : HugePages.allocate(bytes: bytes)
    base = memory.bindMemory(to: Float.self, capacity: max(count, 1))
    self.count = count
  }

  deinit { UnsafeMutableRawPointer(base).deallocate() }

  /// Rounds a count of floats up so that the next range begins on a cache line.
  public static func aligned(_ count: Int) -> Int { (count + 15) / 16 * 16 }
}
