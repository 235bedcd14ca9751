package import GraftGraph
package import GraftKernels
package import GraftONNX
import GraftTensor

/// A constant power: `Y = X ^ exponent`.
///
/// Input X any shape; the exponent is a constant of one number. Output Y as X; NaN where X is
/// negative and the exponent is no integer. Constants are raised while importing, by exponents of
/// any shape that NumPy broadcasts; the result has the type of X, integers towards zero.
/// Gradient `exponent · X ^ (exponent − 1)`.
/// Source: ONNX operator specification, Pow-15.
package struct Pow: ArgumentGradientOperator {
  package static let opType = "Pow"
  package static let opsets = 1...28

  /// Nil where constants are raised by several exponents, or are integers.
  let exponent: Float?

  package var function: UnaryFunction { .power(exponent ?? .nan) }
}

// MARK: - ONNX

extension Pow {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    // Of one number, however it is broadcast.
    if node.opset < 7 {
      node.ignore("broadcast")
      node.ignore("axis")
    }
    guard node.hasInput(1) else { throw ONNXError("input Y is missing; expected the exponent") }
    let count = (node.inputShape(1) ?? Shape(node.integerDimensions(1) ?? [])).elementCount
    let isFolded =
      node.isConstant(0) && node.isConstant(1) && (count != 1 || node.integerDimensions(0) != nil)
    exponent = isFolded ? nil : try node.constantNumber(input: 1, named: "Y")
  }

  package func encode(into node: inout NodeEncoder) {
    node.appendInput(exponent.map { .float($0) } ?? .absent)
  }
}

// MARK: - Constants

extension Pow: FoldingOperator {
  package func fold(_ inputs: [FoldingInput]) throws(ShapeError) -> [Constant]? {
    guard exponent == nil, inputs.count == 2, let x = inputs[0].constant, let y = inputs[1].constant
    else {
      return nil
    }
    return [
      try ConstantArithmetic.combine(x, y, Self.opType, floats: Kernels.power, integers: power)
    ]
  }

  /// Nil where the result is no integer of 64 bits.
  private func power(_ x: Int, _ y: Int) -> Int? {
    guard y >= 0 else { return x == 1 ? 1 : x == -1 ? (y % 2 == 0 ? 1 : -1) : x == 0 ? nil : 0 }
    var (result, base, rest) = (1, x, y)
    while rest > 0 {
      if rest % 2 == 1 {
        let (product, overflow) = result.multipliedReportingOverflow(by: base)
        guard !overflow else { return nil }
        result = product
      }
      rest /= 2
      guard rest > 0 else { break }
      let (square, overflow) = base.multipliedReportingOverflow(by: base)
      guard !overflow else { return nil }
      base = square
    }
    return result
  }
}
