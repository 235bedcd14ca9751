/// `TensorProto`: a constant, usually weights.
///
/// Whatever field the file used (`raw_data`, `float_data`, external data …), the elements stand
/// here as little-endian bytes of the element type, row-major, exactly as many as `dimensions` ask
/// for: the reader has checked that. A tensor of strings has no bytes; its elements are not read.
public struct ONNXTensor: Sendable {
  /// The value's name; often empty in an attribute.
  public var name: String
  /// What `bytes` are made of.
  public var elementType: ONNXElementType
  /// The shape; none for a scalar.
  public var dimensions: [Int]
  /// The elements.
  public var bytes: ONNXBytes

  /// A tensor; `bytes` must be as many as the shape asks for.
  public init(name: String, elementType: ONNXElementType, dimensions: [Int], bytes: ONNXBytes) {
    self.name = name
    self.elementType = elementType
    self.dimensions = dimensions
    self.bytes = bytes
  }

  /// A float tensor that copies the given elements.
  public init(name: String, dimensions: [Int], floats: UnsafeBufferPointer<Float>) {
    self.init(
      name: name, elementType: .float, dimensions: dimensions,
      bytes: ONNXBytes(copying: UnsafeRawBufferPointer(floats)))
  }

  /// An int64 tensor.
  public init(name: String, dimensions: [Int], ints: [Int]) {
    self.init(
      name: name, elementType: .int64, dimensions: dimensions,
      bytes: ints.map(Int64.init).withUnsafeBytes { ONNXBytes(copying: $0) })
  }
}

/// Read-only bytes and whoever keeps them alive: the mapped file, or an allocation.
///
/// They may begin at any address: protobuf aligns nothing. Read numbers with `loadUnaligned`.
public struct ONNXBytes: @unchecked Sendable {
  // @unchecked: the memory is never written after the bytes exist.
  /// The first byte, at any address.
  public let base: UnsafeRawPointer
  /// How many bytes there are.
  public let count: Int
  /// Whoever keeps the memory.
  public let owner: any AnyObject & Sendable

  /// Bytes that `owner` keeps alive and nobody writes to.
  public init(base: UnsafeRawPointer, count: Int, owner: any AnyObject & Sendable) {
    self.base = base
    self.count = count
    self.owner = owner
  }

  /// A copy of the bytes, aligned to 64.
  public init(copying bytes: UnsafeRawBufferPointer) {
    let allocation = ONNXAllocation(count: bytes.count)
    UnsafeMutableRawBufferPointer(start: allocation.base, count: bytes.count)
      .copyMemory(from: bytes)
    self.init(base: UnsafeRawPointer(allocation.base), count: bytes.count, owner: allocation)
  }

  /// Tells the system that nobody is going to read the bytes soon, so that the pages of a mapped file
  /// stop counting as this process's memory. They can still be read.
  public func releasePages() { (owner as? MappedFile)?.releasePages(base, count) }

  /// Calls `body` with the bytes, which must not outlive the call.
  public func withUnsafeBytes<R, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    defer { withExtendedLifetime(owner) {} }
    return try body(UnsafeRawBufferPointer(start: base, count: count))
  }
}

/// Memory of our own behind `ONNXBytes`.
package final class ONNXAllocation: @unchecked Sendable {
  // @unchecked: written once, before anyone else sees it.
  package let base: UnsafeMutableRawPointer

  package init(count: Int) {
    base = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1), alignment: 64)
  }

  deinit { base.deallocate() }
}
