package import GraftGraph
import GraftTensor

/// Arithmetic on shapes that exporters leave in the file: integers known while importing.
package enum IntegerFolding {
  /// Two integer constants combined with NumPy's broadcasting; nil where the inputs are something
  /// else, and the operator computes at run time.
  ///
  /// - Parameter combine: the result, and whether it overflowed; nil where there is none.
  package static func fold(
    _ inputs: [FoldingInput], _ opType: String,
    _ combine: (Int, Int) -> (partialValue: Int, overflow: Bool)?
  ) throws(ShapeError) -> [Constant]? {
    guard inputs.count == 2, let a = inputs[0].integers, let b = inputs[1].integers else {
      return nil
    }
    let (shapeA, shapeB) = (Shape(a.dimensions), Shape(b.dimensions))
    let shape = try Shape.broadcasting(shapeA, shapeB)
    // Two small vectors can ask for a huge table, which no shape needs.
    guard shape.elementCount <= max(a.values.count, b.values.count, 1 << 16) else {
      throw ShapeError(
        "\(opType) of constants \(shapeA) and \(shapeB) gives \(shape.elementCount) integers; "
          + "graft folds up to \(1 << 16)")
    }
    var values: [Int] = []
    for offset in 0..<shape.elementCount {
      let x = a.values[shape.operandOffset(offset, of: shapeA)]
      let y = b.values[shape.operandOffset(offset, of: shapeB)]
      guard let result = combine(x, y) else {
        throw ShapeError("\(opType) of the constants \(x) and \(y) has no result")
      }
      guard !result.overflow else {
        throw ShapeError("\(opType) of the constants \(x) and \(y) does not fit 64 bits")
      }
      values.append(result.partialValue)
    }
    return [.integers(IntegerTensor(dimensions: shape.dimensions, values: values))]
  }
}
