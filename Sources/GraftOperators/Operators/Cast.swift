package import GraftGraph
package import GraftONNX
package import GraftTensor

/// Changes the type of the elements.
///
/// At run time everything is `Float`, so a Cast to any floating-point type is `Y = X` there, and one
/// to integers is refused. Constants are cast to every type while importing: to integers towards
/// zero, to bool as "not zero".
/// Source: ONNX operator specification, Cast-21.
package struct Cast: Operator, FoldingOperator {
  package static let opType = "Cast"
  package static let opsets = 1...28
  package static let layouts = OperatorLayouts.any
  package var gradientNeeds: GradientNeeds { [] }
  package static let runsInPlace = true

  package var target: ONNXElementType

  package init(to target: ONNXElementType) { self.target = target }
}

// MARK: - ONNX

extension Cast {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    guard node.has("to") else { throw ONNXError("attribute to is missing") }
    // Rounding and saturation differ only for 8-bit floats, which graft does not read.
    node.ignore("saturate")
    if node.opset < 6 {
      let name = try node.string("to", default: "")
      target = try Self.readable(
        ONNXElementType.allCases.first { $0.description == name.lowercased() }, named: "\"\(name)\""
      )
    } else {
      let number = try node.int("to", default: 0)
      target = try Self.readable(ONNXElementType(rawValue: number), named: "\(number)")
    }
  }

  private static func readable(
    _ type: ONNXElementType?, named name: String
  ) throws(ONNXError) -> ONNXElementType {
    switch type {
    case nil, .string, .complex64, .complex128:
      throw ONNXError(
        "attribute to is \(name)\(type.map { " (\($0))" } ?? ""); graft casts to float, double, "
          + "float16, bfloat16, bool and integers")
    case .some(let type): return type
    }
  }

  /// A graph of graft's is `Float` throughout, whatever the file was that it came from.
  package func encode(into node: inout NodeEncoder) {
    if node.opset < 6 {
      node.set("to", "FLOAT")
    } else {
      node.set("to", ONNXElementType.float.rawValue)
    }
  }
}

// MARK: - Shapes and memory

extension Cast {
  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    guard target.integerRange == nil else {
      throw ShapeError(
        "Cast to \(target) of a value computed at run time; graft computes in float and casts to "
          + "integers only constants")
    }
    return [inputs[0]]
  }

  package func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int { 0 }

  package func fold(_ inputs: [FoldingInput]) throws(ShapeError) -> [Constant]? {
    switch (inputs[0].constant, target.integerRange) {
    case (nil, _): return nil
    case (.floats(let tensor), nil): return [.floats(tensor)]
    case (.integers(let tensor), nil):
      return [.floats(Tensor(Shape(tensor.dimensions), tensor.values.map(Float.init)))]
    case (.floats(let tensor), .some(let range)):
      let values = try tensor.elements.map { (value) throws(ShapeError) in
        if target == .bool { return value == 0 ? 0 : 1 }
        return try fitting(Int(exactly: value.rounded(.towardZero)), range, "\(value)")
      }
      return [.integers(IntegerTensor(dimensions: tensor.shape.dimensions, values: values))]
    case (.integers(let tensor), .some(let range)):
      let values = try tensor.values.map { (value) throws(ShapeError) in
        target == .bool ? (value == 0 ? 0 : 1) : try fitting(value, range, "\(value)")
      }
      return [.integers(IntegerTensor(dimensions: tensor.dimensions, values: values))]
    }
  }

  private func fitting(
    _ value: Int?, _ range: ClosedRange<Int>, _ description: String
  ) throws(ShapeError) -> Int {
    guard let value, range.contains(value) else {
      throw ShapeError(
        "Cast of \(description) to \(target), which goes from \(range.lowerBound) to "
          + "\(range.upperBound)")
    }
    return value
  }
}

extension ONNXElementType {
  /// The numbers that an integer type holds, as far as `Int` does; nil for all other types.
  fileprivate var integerRange: ClosedRange<Int>? {
    switch self {
    case .bool: 0...1
    case .int8: -0x80...0x7F
    case .int16: -0x8000...0x7FFF
    case .int32: -0x8000_0000...0x7FFF_FFFF
    case .int64: Int.min...Int.max
    case .uint8: 0...0xFF
    case .uint16: 0...0xFFFF
    case .uint32: 0...0xFFFF_FFFF
    case .uint64: 0...Int.max
    case .float, .double, .float16, .bfloat16, .string, .complex64, .complex128: nil
    }
  }
}

// MARK: - Forward

extension Cast {
  package func forward(_ pass: ForwardPass) { Reshaping.forward(pass) }
}

// MARK: - Backward          dX = dY

extension Cast {
  package func backward(_ pass: BackwardPass) { Reshaping.backward(pass) }
}
