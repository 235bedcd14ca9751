package import GraftGraph
package import GraftONNX
package import GraftTensor

/// Picks entries along an axis by constant indices.
///
///     Y[…, j, …] = X[…, indices[j], …]
///
/// Input X any shape; indices of any shape, a scalar removes the axis; negative ones count from the
/// end. Output Y has the axes of the indices in place of the axis. An index may occur twice: then
/// its gradients add up.
/// Source: ONNX operator specification, Gather-13.
package struct Gather: Operator, FoldingOperator {
  package static let opType = "Gather"
  package static let opsets = 1...28
  package static let layouts = OperatorLayouts.any
  package var gradientNeeds: GradientNeeds { [] }

  /// Negative ones count from the end.
  package var axis: Int
  package var indices: IntegerTensor

  package init(axis: Int, indices: IntegerTensor) {
    (self.axis, self.indices) = (axis, indices)
  }

  package init(axis: Int, indices: [Int], isScalar: Bool = false) {
    self.init(
      axis: axis,
      indices: IntegerTensor(dimensions: isScalar ? [] : [indices.count], values: indices))
  }
}

// MARK: - ONNX

extension Gather {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    axis = try node.int("axis", default: 0)
    let dimensions = node.integerDimensions(1) ?? []
    guard let indices = try node.constantInts(input: 1, named: "indices") else {
      throw ONNXError("input indices is missing")
    }
    guard indices.count <= Self.mostIndices else {
      throw ONNXError("\(indices.count) indices; graft gathers up to \(Self.mostIndices)")
    }
    self.indices = IntegerTensor(dimensions: dimensions, values: indices)
  }

  /// Each is a copy of its own.
  private static let mostIndices = 1 << 20

  package func encode(into node: inout NodeEncoder) {
    node.set("axis", axis)
    switch indices.dimensions.count {
    case 0: node.appendInput(.int(indices.values[0]))
    case 1: node.appendInput(.ints(indices.values))
    default: node.appendInput(.integers(indices))
    }
  }
}

// MARK: - Shapes and memory

extension Gather {
  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    [try gathered(inputs[0])]
  }

  private func gathered(_ x: Shape) throws(ShapeError) -> Shape {
    let axis = try x.axis(axis)
    for index in indices.values where !(-x[axis]..<x[axis]).contains(index) {
      throw ShapeError(
        "indices has \(index), but axis \(axis) of the input \(x) has extent \(x[axis])")
    }
    var dimensions = x.dimensions
    dimensions.replaceSubrange(axis...axis, with: indices.dimensions)
    guard Shape.checkedElementCount(dimensions) != nil else {
      throw ShapeError("the output \(dimensions) is larger than any memory")
    }
    return Shape(dimensions)
  }

  package func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int { 0 }

  package func fold(_ inputs: [FoldingInput]) throws(ShapeError) -> [Constant]? {
    guard let data = inputs[0].constant else { return nil }
    let (x, y) = (data.shape, try gathered(data.shape))
    guard !indices.values.isEmpty else {
      return [Constant(assembling: [(data, .nothing)], to: y)]
    }
    let pieces = indices.values.indices.map { (data, copy(x, x.strides, y.strides, $0)) }
    return [Constant(assembling: pieces, to: y)]
  }

  /// The entry that index number `place` picks, from the input to the output.
  private func copy(
    _ x: Shape, _ source: [Int], _ destination: [Int], _ place: Int
  ) -> StridedCopy {
    let axis = axis < 0 ? axis + x.rank : axis
    let index = indices.values[place] < 0 ? indices.values[place] + x[axis] : indices.values[place]
    var (entry, from, to) = (x.dimensions, source, destination)
    entry.remove(at: axis)
    from.remove(at: axis)
    let picked = axis..<axis + indices.dimensions.count
    var (rest, offset) = (place, 0)
    for (extent, stride) in zip(indices.dimensions, destination[picked]).reversed() {
      offset += rest % extent * stride
      rest /= extent
    }
    to.removeSubrange(picked)
    return StridedCopy(
      Shape(entry), source: from, destination: to, sourceOffset: index * source[axis],
      destinationOffset: offset)
  }
}

extension StridedCopy {
  /// No elements at all.
  fileprivate static let nothing = StridedCopy([Axis(extent: 0, source: 0, destination: 0)])
}

// MARK: - Forward

extension Gather {
  package func forward(_ pass: ForwardPass) {
    let (x, y) = (pass.inputs[0], pass.outputs[0])
    for place in indices.values.indices {
      copy(x.shape, x.strides, y.strides, place).assign(from: x.base, to: y.base)
    }
  }
}

// MARK: - Backward          dX[…, indices[j], …] += dY[…, j, …], one index after the other

extension Gather {
  package func backward(_ pass: BackwardPass) {
    guard let dx = pass.inputGradients[0], let dy = pass.outputGradients[0] else { return }
    for place in indices.values.indices {
      copy(dx.shape, dx.strides, dy.strides, place).reversed
        .accumulate(from: dy.base, to: dx.base)
    }
  }
}
