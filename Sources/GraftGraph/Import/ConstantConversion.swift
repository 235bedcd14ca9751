public import GraftONNX
import GraftTensor

extension Constant {
  /// The numbers of a tensor of the file, as graft computes with them.
  ///
  /// `float` borrows the bytes, so that weights of a mapped file are not copied; only small tensors
  /// at addresses that are no multiple of 4 are. `float16` and `bfloat16` widen exactly, `double`
  /// rounds to the nearest `float`.
  /// Integers and `bool` become integers.
  ///
  /// - Throws: for strings and complex numbers, and where a number fits no `Float` or `Int`.
  public init(_ tensor: ONNXTensor) throws(ONNXError) {
    let count = try tensor.checkedCount()
    switch tensor.elementType {
    case .float: self = .floats(tensor.floats())
    case .float16: self = .floats(tensor.widened { Float(halfPrecision: $0 as UInt16) })
    case .bfloat16: self = .floats(tensor.widened { Float(bitPattern: UInt32($0 as UInt16) << 16) })
    case .double: self = .floats(try tensor.narrowed())
    case .int8: self = .integers(try tensor.integers(Int8.self, count))
    case .int16: self = .integers(try tensor.integers(Int16.self, count))
    case .int32: self = .integers(try tensor.integers(Int32.self, count))
    case .int64: self = .integers(try tensor.integers(Int64.self, count))
    case .uint8: self = .integers(try tensor.integers(UInt8.self, count))
    case .uint16: self = .integers(try tensor.integers(UInt16.self, count))
    case .uint32: self = .integers(try tensor.integers(UInt32.self, count))
    case .uint64: self = .integers(try tensor.integers(UInt64.self, count))
    case .bool: self = .integers(try tensor.integers(UInt8.self, count).asBooleans)
    case .string, .complex64, .complex128:
      throw ONNXError(
        "tensor '\(tensor.name)' has type \(tensor.elementType); graft reads float, double, "
          + "float16, bfloat16, bool and integers")
    }
  }
}

extension IntegerTensor {
  /// Every value that is not zero as 1.
  fileprivate var asBooleans: IntegerTensor {
    IntegerTensor(dimensions: dimensions, values: values.map { $0 == 0 ? 0 : 1 })
  }
}

// MARK: - Elements of a file

extension ONNXTensor {
  /// The number of elements; the reader has checked the bytes, but anyone can make a tensor.
  func checkedCount() throws(ONNXError) -> Int {
    guard let count = Shape.checkedElementCount(dimensions) else {
      throw ONNXError("tensor '\(name)' has dimensions \(dimensions), which are no size in memory")
    }
    let (size, overflow) = count.multipliedReportingOverflow(by: elementType.byteCount ?? 0)
    guard elementType.byteCount == nil || (!overflow && size == bytes.count) else {
      throw ONNXError(
        "tensor '\(name)' of type \(elementType) and shape \(Shape(dimensions)) holds "
          + "\(bytes.count) bytes; expected \(count) elements of \(elementType.byteCount ?? 0) bytes"
      )
    }
    return count
  }

  /// Bytes from which on copying costs noticeable time and memory.
  private static let worthBorrowing = 1 << 16

  fileprivate func floats() -> Tensor {
    let shape = Shape(dimensions)
    let isAligned = Int(bitPattern: bytes.base) % MemoryLayout<Float>.alignment == 0
    if bytes.count > 0, isAligned || bytes.count >= Self.worthBorrowing {
      // The processors that graft runs on, x86-64 and ARM64, read floats at any address.
      let pointer = bytes.base.assumingMemoryBound(to: Float.self)
      return Tensor(shape, borrowing: pointer, owner: bytes.owner) { [bytes] in
        bytes.releasePages()
      }
    }
    defer { bytes.releasePages() }
    return bytes.withUnsafeBytes { source in
      Tensor(unsafeUninitialized: shape) { floats in
        UnsafeMutableRawBufferPointer(start: floats, count: source.count).copyMemory(from: source)
      }
    }
  }

  fileprivate func widened<Bits: BitwiseCopyable>(_ convert: (Bits) -> Float) -> Tensor {
    bytes.withUnsafeBytes { source in
      Tensor(unsafeUninitialized: Shape(dimensions)) { floats in
        let width = MemoryLayout<Bits>.size
        for i in 0..<source.count / width {
          floats[i] = convert(source.loadUnaligned(fromByteOffset: i * width, as: Bits.self))
        }
      }
    }
  }

  /// Doubles as floats; infinities and NaN stay what they are.
  fileprivate func narrowed() throws(ONNXError) -> Tensor {
    try bytes.withUnsafeBytes { source throws(ONNXError) in
      try Tensor(unsafeUninitialized: Shape(dimensions)) { floats throws(ONNXError) in
        for i in 0..<source.count / 8 {
          let value = source.loadUnaligned(fromByteOffset: i * 8, as: Double.self)
          floats[i] = Float(value)
          guard !value.isFinite || floats[i].isFinite else {
            throw ONNXError(
              "tensor '\(name)' of type double holds \(value) at element \(i); "
                + "graft computes in float, which ends at \(Float.greatestFiniteMagnitude)")
          }
        }
      }
    }
  }

  fileprivate func integers<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type, _ count: Int
  ) throws(ONNXError) -> IntegerTensor {
    var values: [Int] = []
    values.reserveCapacity(count)
    try bytes.withUnsafeBytes { source throws(ONNXError) in
      for i in 0..<count {
        let offset = i * MemoryLayout<Value>.size
        let value = source.loadUnaligned(fromByteOffset: offset, as: Value.self)
        guard let integer = Int(exactly: value) else {
          throw ONNXError(
            "tensor '\(name)' of type \(elementType) holds \(value) at element \(i); "
              + "graft reads integers up to \(Int.max)")
        }
        values.append(integer)
      }
    }
    return IntegerTensor(dimensions: dimensions, values: values)
  }
}

extension Float {
  /// The number that these bits of an IEEE 754 half stand for, exactly.
  ///
  /// By hand because `Float16` does not exist on every platform that graft builds for.
  package init(halfPrecision bits: UInt16) {
    let exponent = Int(bits >> 10 & 0x1F)
    let fraction = UInt32(bits & 0x3FF)
    let magnitude: Float =
      switch exponent {
      case 0: Float(fraction) * 0x1p-24
      case 31: Float(bitPattern: 0x7F80_0000 | fraction << 13)
      default: Float(bitPattern: UInt32(exponent + 112) << 23 | fraction << 13)
      }
    self = Float(bitPattern: magnitude.bitPattern | UInt32(bits & 0x8000) << 16)
  }
}
