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
    let integers: IntegerTensor
    do throws(ONNXError) {
      guard case .integers(let tensor) = try Constant(self) else {
        throw ONNXError("tensor '\(name)' has type \(elementType); expected integers")
      }
      integers = tensor
    } catch { throw GraphError(error.message) }
    var floats = [Float](repeating: 0, count: integers.values.count)
    for (index, value) in integers.values.enumerated() {
      let channel = count == 1 ? 0 : index / inner % count
      let zero = zeros[zeros.count == 1 ? 0 : channel]
      floats[index] = Float(value &- zero) * scales[channel]
    }
    return floats.withUnsafeBufferPointer {
      ONNXTensor(name: name, dimensions: dimensions, floats: $0)
    }
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
