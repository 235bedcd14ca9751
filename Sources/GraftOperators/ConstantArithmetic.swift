import GraftGraph
import GraftTensor

/// Arithmetic on two constants of any type, while importing.
enum ConstantArithmetic {
  /// Two constants combined with NumPy's broadcasting; the result has the type of the first, with
  /// integers cut towards zero.
  ///
  /// - Parameters:
  ///   - floats: the result where one of them holds floats.
  ///   - integers: the result where both hold integers; nil where it fits none.
  static func combine(
    _ a: Constant, _ b: Constant, _ opType: String,
    floats: (Double, Double) -> Double, integers: (Int, Int) -> Int?
  ) throws(ShapeError) -> Constant {
    let shape = try Shape.broadcasting(a.shape, b.shape)
    // Two vectors can ask for a huge table, which no network needs.
    guard shape.elementCount <= max(a.shape.elementCount, b.shape.elementCount, 1 << 16) else {
      throw ShapeError(
        "\(opType) of constants \(a.shape) and \(b.shape) gives \(shape.elementCount) numbers; "
          + "graft folds up to \(1 << 16)")
    }
    let places = (0..<shape.elementCount).map {
      (shape.operandOffset($0, of: a.shape), shape.operandOffset($0, of: b.shape))
    }
    switch (a, b) {
    case (.integers(let x), .integers(let y)):
      let values = try places.map { (place) throws(ShapeError) in
        try whole(integers(x.values[place.0], y.values[place.1]), opType)
      }
      return .integers(IntegerTensor(dimensions: shape.dimensions, values: values))
    case (.integers(let x), .floats(let y)):
      let numbers = y.elements
      let values = try places.map { (place) throws(ShapeError) in
        let result = floats(Double(x.values[place.0]), Double(numbers[place.1]))
        return try whole(Int(exactly: result.rounded(.towardZero)), opType)
      }
      return .integers(IntegerTensor(dimensions: shape.dimensions, values: values))
    case (.floats(let x), _):
      let (numbers, others) = (x.elements, b.doubles)
      return .floats(
        Tensor(shape, places.map { Float(floats(Double(numbers[$0.0]), others[$0.1])) }))
    }
  }

  private static func whole(_ value: Int?, _ opType: String) throws(ShapeError) -> Int {
    guard let value else {
      throw ShapeError("\(opType) of constants gives a number that is no integer of 64 bits")
    }
    return value
  }
}

extension Constant {
  fileprivate var doubles: [Double] {
    switch self {
    case .floats(let tensor): tensor.elements.map(Double.init)
    case .integers(let tensor): tensor.values.map(Double.init)
    }
  }
}

extension Shape {
  /// The place in an operand that is broadcast to this shape of the element at an offset.
  func operandOffset(_ offset: Int, of operand: Shape) -> Int {
    let (outer, inner) = (strides, operand.strides)
    let front = rank - operand.rank
    return (0..<operand.rank).reduce(0) { sum, axis in
      guard operand[axis] != 1 else { return sum }
      return sum + offset / outer[front + axis] % self[front + axis] * inner[axis]
    }
  }
}
