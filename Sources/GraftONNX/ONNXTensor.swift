/// `TensorProto`: a constant, usually weights.
///
/// Whatever field the file used (`raw_data`, `float_data`, external data …), the elements stand
/// here as little-endian bytes of the element type, row-major, exactly as many as `dimensions` ask
/// for: the reader has checked that. A tensor of strings has no bytes; its elements are not read.
public struct ONNXTensor: Sendable {
  public var name: String
  public var elementType: ONNXElementType
  public var dimensions: [Int]
  public var bytes: ONNXBytes

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
  public let base: UnsafeRawPointer
  public let count: Int
  public let owner: any AnyObject & Sendable

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
