package import GraftGraph
package import GraftKernels
package import GraftONNX

/// A constant power: `Y = X ^ exponent`.
///
/// Input X any shape; the exponent is a constant of one number. Output Y as X; NaN where X is
/// negative and the exponent is no integer.
/// Gradient `exponent · X ^ (exponent − 1)`.
/// Source: ONNX operator specification, Pow-15.
package struct Pow: ArgumentGradientOperator {
  package static let opType = "Pow"
  package static let opsets = 1...28

  let exponent: Float

  package var function: UnaryFunction { .power(exponent) }
}

// MARK: - ONNX

extension Pow {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    // Of one number, however it is broadcast.
    if node.opset < 7 {
      node.ignore("broadcast")
      node.ignore("axis")
    }
    guard let exponent = try Self.exponent(node) else {
      throw ONNXError("input Y is missing; expected the exponent")
    }
    self.exponent = exponent
  }

  /// From opset 12 it may be an integer.
  private static func exponent(_ node: borrowing NodeDecoder) throws(ONNXError) -> Float? {
    guard node.integerDimensions(1) != nil else {
      return try node.constantFloat(input: 1, named: "Y")
    }
    let numbers = try node.constantInts(input: 1, named: "Y") ?? []
    guard numbers.count == 1 else {
      throw ONNXError("input Y has \(numbers.count) numbers; graft reads one exponent")
    }
    return Float(numbers[0])
  }

  package func encode(into node: inout NodeEncoder) { node.appendInput(.float(exponent)) }
}
