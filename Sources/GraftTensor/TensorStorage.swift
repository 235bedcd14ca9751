/// A run of floats with one owner: allocated here, or read-only memory that somebody else keeps
/// alive, such as a mapped file.
final class TensorStorage: @unchecked Sendable {
  // @unchecked: the memory is written only while the storage is uniquely referenced (Tensor is
  // copy-on-write), and borrowed memory is never written.
  let base: UnsafeMutablePointer<Float>
  let count: Int
  private let owner: AnyObject?
  /// What the lender of borrowed memory wants to know: a copy has taken its place.
  let afterCopy: (@Sendable () -> Void)?

  var isBorrowed: Bool { owner != nil }

  /// Bytes to which every allocation is aligned at least: one cache line, one AVX-512 register.
  static let alignment = 64

  init(count: Int) {
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    base = HugePages.allocate(bytes: bytes).bindMemory(to: Float.self, capacity: max(count, 1))
    self.count = count
    owner = nil
    afterCopy = nil
  }

  init(
    borrowing pointer: UnsafePointer<Float>, count: Int, owner: AnyObject,
    afterCopy: (@Sendable () -> Void)?
  ) {
    base = UnsafeMutablePointer(mutating: pointer)
    self.count = count
    self.owner = owner
    self.afterCopy = afterCopy
  }

  deinit {
    if owner == nil { UnsafeMutableRawPointer(base).deallocate() }
  }
}
