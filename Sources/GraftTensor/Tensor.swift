/// A dense, contiguous, row-major array of `Float` that owns its memory; a value, copied on write.
public struct Tensor: Sendable {
  /// The extents; the elements lie in row-major order.
  public let shape: Shape
  private var storage: TensorStorage

  /// A tensor of zeros, or of one repeated value.
  public init(_ shape: Shape, repeating value: Float = 0) {
    self.shape = shape
    storage = TensorStorage(count: shape.elementCount)
    storage.base.initialize(repeating: value, count: max(shape.elementCount, 1))
  }

  /// A tensor with the given elements in row-major order.
  ///
  /// - Precondition: as many elements as the shape has.
  public init(_ shape: Shape, _ elements: some Collection<Float>) {
    precondition(elements.count == shape.elementCount, "\(elements.count) elements for \(shape)")
    self.shape = shape
    storage = TensorStorage(count: shape.elementCount)
    _ = UnsafeMutableBufferPointer(start: storage.base, count: shape.elementCount)
      .initialize(from: elements)
  }

  /// A tensor whose elements the closure writes; it must write all of them.
  public init<E: Error>(
    unsafeUninitialized shape: Shape, _ fill: (UnsafeMutablePointer<Float>) throws(E) -> Void
  ) throws(E) {
    self.shape = shape
    storage = TensorStorage(count: shape.elementCount)
    try fill(storage.base)
  }

  /// A tensor on read-only memory that `owner` keeps alive, such as weights in a mapped file.
  /// The first write makes a copy, and then calls `afterCopy`: a file's pages may be let go of.
  public init(
    _ shape: Shape, borrowing pointer: UnsafePointer<Float>, owner: any AnyObject & Sendable,
    afterCopy: (@Sendable () -> Void)? = nil
  ) {
    self.shape = shape
    storage = TensorStorage(
      borrowing: pointer, count: shape.elementCount, owner: owner, afterCopy: afterCopy)
  }

  /// The same elements under another shape.
  ///
  /// - Precondition: the element counts agree.
  public func reshaped(to shape: Shape) -> Tensor {
    precondition(shape.elementCount == self.shape.elementCount, "\(self.shape) as \(shape)")
    return Tensor(shape, storage)
  }

  private init(_ shape: Shape, _ storage: TensorStorage) {
    self.shape = shape
    self.storage = storage
  }
}

// MARK: - Access

extension Tensor {
  /// The elements in row-major order, copied.
  public var elements: [Float] { withUnsafeElements { Array($0) } }

  /// Reads the elements where they lie; the pointer is valid inside the closure.
  public func withUnsafeElements<R, E: Error>(
    _ body: (UnsafeBufferPointer<Float>) throws(E) -> R
  ) throws(E) -> R {
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeBufferPointer(start: storage.base, count: shape.elementCount))
  }

  /// Changes the elements where they lie, copying first where the memory is shared or borrowed.
  public mutating func withUnsafeMutableElements<R, E: Error>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws(E) -> R
  ) throws(E) -> R {
    makeUnique()
    return try body(UnsafeMutableBufferPointer(start: storage.base, count: shape.elementCount))
  }

  /// A window on the elements, valid as long as this tensor or a copy of it is alive and unchanged.
  ///
  /// For code that keeps the tensor itself, such as a session its weights. Everyone else takes
  /// `withUnsafeElements`.
  public var unsafeView: TensorView { TensorView(shape, storage.base) }

  /// A window for writing; copies first where the memory is shared or borrowed. The same lifetime.
  public mutating func unsafeMutableView() -> MutableTensorView {
    makeUnique()
    return MutableTensorView(shape, storage.base)
  }

  /// Do the elements lie in memory of somebody else, such as a mapped file?
  public var isBorrowed: Bool { storage.isBorrowed }

  /// Says that borrowed elements were put elsewhere and are not needed soon: the pages of a file
  /// are let go of, and found again by the next reader.
  public func releaseBorrowedElements() { storage.afterCopy?() }

  private mutating func makeUnique() {
    guard storage.isBorrowed || !isKnownUniquelyReferenced(&storage) else { return }
    let copy = TensorStorage(count: shape.elementCount)
    // In pieces, so that a large tensor is never twice in memory.
    for first in stride(from: 0, to: shape.elementCount, by: Self.copiedAtOnce) {
      let count = min(Self.copiedAtOnce, shape.elementCount - first)
      (copy.base + first).initialize(from: storage.base + first, count: count)
      storage.afterCopy?()
    }
    storage = copy
  }

  /// 16 MiB.
  private static let copiedAtOnce = 1 << 22
}

extension Tensor: Equatable {
  /// Equal shapes and equal elements; NaN differs from itself.
  public static func == (a: Tensor, b: Tensor) -> Bool {
    guard a.shape == b.shape else { return false }
    return a.withUnsafeElements { x in b.withUnsafeElements { y in x.elementsEqual(y) } }
  }
}
