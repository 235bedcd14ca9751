package import GraftGraph
package import GraftONNX
package import GraftTensor

/// Puts its inputs one after the other along an axis.
///
/// Inputs X₁ … Xₖ, the same shape but along `axis`
/// Output Y, along `axis` as long as all inputs together
/// Source: ONNX operator specification, Concat-13.
package struct Concat: Operator, FoldingOperator {
  package static let opType = "Concat"
  package static let opsets = 1...28
  package static let layouts = OperatorLayouts.any
  package var gradientNeeds: GradientNeeds { [] }

  /// Negative ones count from the end.
  package var axis: Int

  package init(axis: Int) { self.axis = axis }
}

// MARK: - ONNX

extension Concat {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    let axis = try node.optionalInt("axis") ?? (node.opset < 4 ? 1 : nil)
    guard let axis else { throw ONNXError("attribute axis is missing") }
    self.axis = axis
  }

  package func encode(into node: inout NodeEncoder) { node.set("axis", axis) }
}

// MARK: - Shapes and memory

extension Concat {
  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    [try joined(inputs)]
  }

  private func joined(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    guard let first = inputs.first else { throw ShapeError("Concat has no inputs") }
    let axis = try first.axis(axis)
    var dimensions = first.dimensions
    for (index, shape) in inputs.enumerated().dropFirst() {
      guard shape.rank == first.rank,
        first.dimensions.indices.allSatisfy({ $0 == axis || shape[$0] == first[$0] })
      else {
        throw ShapeError(
          "input \(index) has shape \(shape), input 0 \(first); Concat along axis \(axis) expects "
            + "them to agree along the others")
      }
      let (sum, overflow) = dimensions[axis].addingReportingOverflow(shape[axis])
      guard !overflow else { throw ShapeError("the inputs together are longer than \(Int.max)") }
      dimensions[axis] = sum
    }
    return Shape(dimensions)
  }

  /// One batch behind the other.
  package func mixesImages(_ inputs: [Shape]) -> Bool { axis == 0 || axis == -inputs[0].rank }

  package func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int { 0 }

  package func fold(_ inputs: [FoldingInput]) throws(ShapeError) -> [Constant]? {
    let constants = inputs.compactMap(\.constant)
    guard constants.count == inputs.count else { return nil }
    let y = try joined(constants.map(\.shape))
    guard constants.allSatisfy({ $0.isFloats == constants[0].isFloats }) else {
      throw ShapeError("Concat joins floats and integers; expected all of one type")
    }
    let target = y.strides
    var pieces: [(Constant, StridedCopy)] = []
    var offset = 0
    for constant in constants {
      let shape = constant.shape
      pieces.append((constant, copy(shape, shape.strides, target, offset)))
      offset += shape[place(in: shape)]
    }
    return [Constant(assembling: pieces, to: y)]
  }
}

extension Constant {
  fileprivate var isFloats: Bool {
    if case .floats = self { true } else { false }
  }
}

// MARK: - Forward

extension Concat {
  package func forward(_ pass: ForwardPass) {
    let y = pass.outputs[0]
    var offset = 0
    for x in pass.inputs {
      copy(x.shape, x.strides, y.strides, offset).assign(from: x.base, to: y.base)
      offset += x.shape[place(in: x.shape)]
    }
  }

  /// From an input to the output, where it begins at `offset` along the axis.
  private func copy(
    _ shape: Shape, _ source: [Int], _ destination: [Int], _ offset: Int
  ) -> StridedCopy {
    StridedCopy(
      shape, source: source, destination: destination,
      destinationOffset: offset * destination[place(in: shape)])
  }

  private func place(in shape: Shape) -> Int { axis < 0 ? axis + shape.rank : axis }
}

// MARK: - Backward          dXᵢ = the part of dY that came from Xᵢ

extension Concat {
  package func backward(_ pass: BackwardPass) {
    guard let dy = pass.outputGradients[0] else { return }
    var offset = 0
    for (x, dx) in zip(pass.inputs, pass.inputGradients) {
      if let dx {
        copy(dx.shape, dx.strides, dy.strides, offset).reversed
          .accumulate(from: dy.base, to: dx.base)
      }
      offset += x.shape[place(in: x.shape)]
    }
  }
}
