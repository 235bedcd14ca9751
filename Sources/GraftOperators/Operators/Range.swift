package import GraftGraph
package import GraftONNX
import GraftTensor

/// Numbers at equal distances, evaluated while importing.
///
///     Y[i] = start + i · delta    for i from 0 to before ⌈(limit - start) / delta⌉
///
/// Inputs start, limit and delta, one number each, all integers or all floats; output a vector,
/// empty where the limit lies on the other side of the start.
/// Source: ONNX operator specification, Range-11.
package struct RangeOperator: FoldingOperator {
  package static let opType = "Range"
  package static let opsets = 11...28

  package init() {}

  /// A file may ask for any length in a few bytes; no constant of an image classifier comes near.
  private static let largestCount = 1 << 24
}

// MARK: - ONNX

extension RangeOperator {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    guard node.inputCount == 3 else {
      throw ONNXError("Range has \(node.inputCount) inputs; expected start, limit and delta")
    }
  }
}

// MARK: - Folding

extension RangeOperator {
  package func fold(_ inputs: [FoldingInput]) throws(ShapeError) -> [Constant]? {
    for (name, input) in zip(["start", "limit", "delta"], inputs) {
      if let shape = input.shape, shape.elementCount != 1 {
        throw ShapeError("input \(name) has shape \(shape); expected one number")
      }
    }
    let integers = inputs.compactMap { $0.integers?.values.first }
    if integers.count == 3 {
      return [.integers(try range(integers[0], integers[1], integers[2]))]
    }
    let floats = inputs.compactMap { $0.floats?.elements.first }
    if floats.count == 3 { return [.floats(try range(floats[0], floats[1], floats[2]))] }
    guard integers.count + floats.count == 3 else { return nil }
    throw ShapeError("start, limit and delta must be all integers or all floats")
  }

  private func range(_ start: Int, _ limit: Int, _ delta: Int) throws(ShapeError) -> IntegerTensor {
    guard delta != 0 else { throw ShapeError("input delta is 0; the range would have no end") }
    // The distance may exceed Int, its magnitude never exceeds UInt.
    guard start != limit, (limit > start) == (delta > 0) else { return IntegerTensor([]) }
    let distance =
      limit > start ? UInt(bitPattern: limit &- start) : UInt(bitPattern: start &- limit)
    let count = (distance - 1) / delta.magnitude + 1
    try check(Double(count))
    // Wrapping: each number lies between start and limit, but the product may exceed Int.
    return IntegerTensor((0..<Int(count)).map { start &+ $0 &* delta })
  }

  private func range(_ start: Float, _ limit: Float, _ delta: Float) throws(ShapeError) -> Tensor {
    guard start.isFinite, limit.isFinite, delta.isFinite, delta != 0 else {
      throw ShapeError("inputs are \(start), \(limit) and \(delta); expected a range with an end")
    }
    let count = max(((Double(limit) - Double(start)) / Double(delta)).rounded(.up), 0)
    try check(count)
    let values = (0..<Int(count)).map { start + Float($0) * delta }
    return Tensor([values.count], values)
  }

  private func check(_ count: Double) throws(ShapeError) {
    guard count <= Double(Self.largestCount) else {
      throw ShapeError(
        "the range has \(count) numbers; graft makes constants of up to \(Self.largestCount)")
    }
  }
}
