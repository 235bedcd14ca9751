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
    guard scales.count == 1 else {
      throw GraphError(
        "the scale '\(scale.name)' of an activation has \(scales.count) numbers; graft reads one")
    }
    guard let limits else {
      (beginsAtZero, endsAtSix) = (false, false)
      return
    }
    let zero = try zeroPoint?.zeroPoints().first ?? 0
    beginsAtZero = zero == limits.least
    endsAtSix = abs(Float(limits.most - zero) * scales[0] - 6) < 0.06
  }
}

/// The numbers that integers stand for: multiples of the scale, from the zero point on.
struct QuantizedGrid: Equatable, CustomStringConvertible {
  let scales: [Float]
  let zeroPoints: [Int]

  init(scale: ONNXTensor, zeroPoint: ONNXTensor?) throws(GraphError) {
    scales = try scale.scales()
    zeroPoints = try zeroPoint?.zeroPoints() ?? scales.map { _ in 0 }
  }

  var description: String {
    guard scales.count == 1, zeroPoints.count == 1 else { return "\(scales.count) scales" }
    return "scale \(scales[0]) and zero point \(zeroPoints[0])"
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
    let elementCount: Int
    do throws(ONNXError) { elementCount = try checkedCount() } catch {
      throw GraphError(error.message)
    }
    let scales = try scale.scales()
    let zeros = try zeroPoint?.zeroPoints() ?? [0]
    guard !scales.isEmpty else { throw GraphError("the scale of tensor '\(name)' is empty") }
    var (count, inner) = (1, 1)
    if scales.count > 1 {
      let place = axis < 0 ? axis + dimensions.count : axis
      guard dimensions.indices.contains(place), dimensions[place] == scales.count else {
        throw GraphError(
          "tensor '\(name)' of shape \(Shape(dimensions)) has \(scales.count) scales along axis "
            + "\(axis); expected one, or one for each place there")
      }
      // Of nothing, extents may be larger than any product.
      (count, inner) = (
        scales.count, elementCount == 0 ? 1 : dimensions[(place + 1)...].reduce(1, *)
      )
    }
    guard zeros.count == 1 || zeros.count == count else {
      throw GraphError("tensor '\(name)' has \(count) scales and \(zeros.count) zero points")
    }
    let channels = Channels(scales: scales, zeros: zeros, count: count, inner: inner)
    switch elementType {
    case .int8: return floats(Int8.self, elementCount, channels)
    case .uint8: return floats(UInt8.self, elementCount, channels)
    case .int16: return floats(Int16.self, elementCount, channels)
    case .uint16: return floats(UInt16.self, elementCount, channels)
    case .int32: return floats(Int32.self, elementCount, channels)
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
    _ type: Value.Type, _ elementCount: Int, _ channels: Channels
  ) -> ONNXTensor {
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
