import GraftONNX
import GraftTensor

// The arithmetic of `float = (integer − zero point) · scale`.

/// What the integers of an activation stand for.
struct QuantizedRange {
  /// Is the smallest number that they hold zero? Then they hold what a Relu lets through.
  let beginsAtZero: Bool
  /// Is the largest one 6, as that of a Relu6? Within a hundredth: ranges are measured.
  let endsAtSix: Bool

  init(
    scale: ONNXTensor, zeroPoint: ONNXTensor?, type given: ONNXElementType?
  ) throws(GraphError) {
    let type = zeroPoint?.elementType ?? given ?? .uint8
    let limits: (least: Int, most: Int)? =
      switch type {
      case .int8: (-128, 127)
      case .uint8: (0, 255)
      case .int16: (-32768, 32767)
      case .uint16: (0, 65535)
      default: nil
      }
    let scales = try scale.scales()
    guard let limits, scales.count == 1 else {
      (beginsAtZero, endsAtSix) = (false, false)
      return
    }
    let zero = try zeroPoint?.zeroPoints().first ?? 0
    beginsAtZero = zero == limits.least
    endsAtSix = abs(Float(limits.most - zero) * scales[0] - 6) < 0.06
  }
}

extension ONNXElementType {
  var isInteger: Bool {
    switch self {
    case .int8, .uint8, .int16, .uint16, .int32, .uint32, .int64, .uint64: true
    default: false
    }
  }
}

extension ONNXTensor {
  /// The numbers as floats.
  func scales() throws(GraphError) -> [Float] {
    do throws(ONNXError) {
      guard case .floats(let tensor) = try Constant(self) else {
        throw ONNXError("the scale '\(name)' has type \(elementType); expected floats")
      }
      return tensor.elements
    } catch { throw GraphError(error.message) }
  }

  /// The numbers as integers.
  func zeroPoints() throws(GraphError) -> [Int] {
    do throws(ONNXError) {
      guard case .integers(let tensor) = try Constant(self) else {
        throw ONNXError("the zero point '\(name)' has type \(elementType); expected integers")
      }
      return tensor.values
    } catch { throw GraphError(error.message) }
  }

  /// One number, at least this one?
  func isScalar(atLeast least: Float) -> Bool {
    guard let scales = try? scales(), scales.count == 1 else { return false }
    return scales[0] >= least
  }

  /// The floats that these integers stand for: one scale for all, or one for each place along an
  /// axis.
  func dequantized(
    scale: ONNXTensor, zeroPoint: ONNXTensor?, axis: Int
  ) throws(GraphError) -> ONNXTensor {
    let scales = try scale.scales()
    let zeros = try zeroPoint?.zeroPoints() ?? [0]
    guard !scales.isEmpty else { throw GraphError("the scale of tensor '\(name)' is empty") }
    var (count, inner) = (1, 1)
    if scales.count > 1 {
      let axis = axis < 0 ? axis + dimensions.count : axis
      guard dimensions.indices.contains(axis), dimensions[axis] == scales.count else {
        throw GraphError(
          "tensor '\(name)' of shape \(Shape(dimensions)) has \(scales.count) scales along axis "
            + "\(axis); expected one, or one for each place there")
      }
      (count, inner) = (scales.count, dimensions[(axis + 1)...].reduce(1, *))
    }
    guard zeros.count == 1 || zeros.count == count else {
      throw GraphError("tensor '\(name)' has \(count) scales and \(zeros.count) zero points")
    }
    let channels = Channels(scales: scales, zeros: zeros, count: count, inner: inner)
    switch elementType {
    case .int8: return try floats(Int8.self, channels)
    case .uint8: return try floats(UInt8.self, channels)
    case .int16: return try floats(Int16.self, channels)
    case .uint16: return try floats(UInt16.self, channels)
    case .int32: return try floats(Int32.self, channels)
    default:
      throw GraphError(
        "tensor '\(name)' has type \(elementType); expected integers of 8, 16 or 32 bits")
    }
  }

  /// One scale and zero point for all elements, or one for each of `count` places, each of which has
  /// `inner` elements in a row.
  private struct Channels {
    let scales: [Float]
    let zeros: [Int]
    let count: Int
    let inner: Int
  }

  /// Straight from the bytes of the file: the weights of a large network are copied once.
  private func floats<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type, _ channels: Channels
  ) throws(GraphError) -> ONNXTensor {
    let elementCount: Int
    do throws(ONNXError) { elementCount = try checkedCount() } catch {
      throw GraphError(error.message)
    }
    let allocation = ONNXAllocation(count: elementCount * MemoryLayout<Float>.stride)
    let target = allocation.base.bindMemory(to: Float.self, capacity: elementCount)
    bytes.withUnsafeBytes { source in
      for index in 0..<elementCount {
        let channel = channels.count == 1 ? 0 : index / channels.inner % channels.count
        let zero = channels.zeros[channels.zeros.count == 1 ? 0 : channel]
        let value = source.loadUnaligned(
          fromByteOffset: index * MemoryLayout<Value>.size, as: Value.self)
        target[index] = Float(Int(value) &- zero) * channels.scales[channel]
      }
    }
    return ONNXTensor(
      name: name, elementType: .float, dimensions: dimensions,
      bytes: ONNXBytes(
        base: UnsafeRawPointer(allocation.base), count: elementCount * MemoryLayout<Float>.stride,
        owner: allocation))
  }
}

extension ONNXNode {
  /// An integer attribute.
  func int(_ name: String, default value: Int) -> Int {
    for attribute in attributes where attribute.name == name {
      if case .int(let value) = attribute.value { return value }
    }
    return value
  }

  /// A number attribute.
  func float(_ name: String, default value: Float) -> Float {
    for attribute in attributes where attribute.name == name {
      if case .float(let value) = attribute.value { return value }
    }
    return value
  }

  /// The type that a QuantizeLinear without a zero point says that it makes.
  var quantizedType: ONNXElementType? { ONNXElementType(rawValue: int("output_dtype", default: 0)) }
}
