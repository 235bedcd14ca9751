package import GraftGraph
package import GraftONNX
package import GraftTensor

/// Cuts its input along an axis into consecutive parts.
///
/// Input    X any shape; from opset 13 constant lengths of the parts, before that an attribute;
///          without them parts of equal length, from opset 18 the last one shorter where it must be
/// Outputs  the parts in order
/// Gradient dX is the gradients of the parts, side by side
/// Source   ONNX operator specification, Split-18
package struct Split: Operator {
  package static let opType = "Split"
  package static let opsets = 1...28
  package static let layouts = OperatorLayouts.any
  package var gradientNeeds: GradientNeeds { [] }

  /// Negative ones count from the end.
  let axis: Int
  /// Nil: equal parts.
  let lengths: [Int]?
  let partCount: Int
  /// May the last of equal parts be shorter?
  let mayEndShorter: Bool
}

// MARK: - ONNX

extension Split {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    axis = try node.int("axis", default: 0)
    lengths =
      node.opset < 13
      ? try node.ints("split") : try node.constantInts(input: 1, named: "split")
    partCount = node.namedOutputCount
    guard partCount > 0 else { throw ONNXError("the node has no outputs; expected one or more") }
    mayEndShorter = node.opset >= 18
    let said = node.opset >= 18 ? try node.optionalInt("num_outputs") : nil
    guard said == nil || said == partCount else {
      throw ONNXError("attribute num_outputs is \(said ?? 0), the node has \(partCount) outputs")
    }
    guard lengths == nil || lengths?.count == partCount else {
      throw ONNXError("\(lengths?.count ?? 0) lengths for \(partCount) outputs; expected as many")
    }
    if let lengths, lengths.contains(where: { $0 < 0 }) {
      throw ONNXError("split is \(lengths); expected lengths of at least 0")
    }
  }

  package func encode(into node: inout NodeEncoder) {
    node.set("axis", axis)
    if let lengths {
      if node.opset < 13 { node.set("split", lengths) } else { node.appendInput(.ints(lengths)) }
    } else if node.opset >= 18 {
      node.set("num_outputs", partCount)
    }
  }
}

// MARK: - Shapes and memory

extension Split {
  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    guard inputs.count == 1 else { throw ShapeError("\(inputs.count) inputs; expected 1") }
    let x = inputs[0]
    let axis = try x.axis(axis)
    let lengths = lengths(of: x[axis])
    let sum = lengths.reduce(into: (0, false)) { sum, length in
      let (next, overflow) = sum.0.addingReportingOverflow(length)
      sum = (next, sum.1 || overflow)
    }
    guard sum == (x[axis], false), lengths.allSatisfy({ $0 >= 0 }) else {
      throw ShapeError(
        self.lengths.map { "the lengths \($0) are not the \(x[axis]) of axis \(axis) of \(x)" }
          ?? "axis \(axis) of \(x) has no \(partCount) equal parts")
    }
    guard x.elementCount == 0 || !lengths.contains(0) else {
      throw ShapeError("the lengths \(lengths) leave a part of \(x) empty")
    }
    return lengths.map { length in
      var dimensions = x.dimensions
      dimensions[axis] = length
      return Shape(dimensions)
    }
  }

  package func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int { 0 }

  private func lengths(of extent: Int) -> [Int] {
    if let lengths { return lengths }
    let length = mayEndShorter ? (extent + partCount - 1) / partCount : extent / partCount
    return (0..<partCount).map { part in
      mayEndShorter ? min(length, extent - part * length) : length
    }
  }

  /// From the input to each part.
  private func copies(_ x: TensorView, _ parts: [(shape: Shape, strides: [Int])]) -> [StridedCopy] {
    let axis = axis < 0 ? axis + x.shape.rank : axis
    var offset = 0
    return parts.map { part in
      defer { offset += part.shape[axis] }
      return StridedCopy(
        part.shape, source: x.strides, destination: part.strides,
        sourceOffset: offset * x.strides[axis])
    }
  }
}

// MARK: - Forward

extension Split {
  package func forward(_ pass: ForwardPass) {
    let x = pass.inputs[0]
    let copies = copies(x, pass.outputs.map { ($0.shape, $0.strides) })
    for (copy, y) in zip(copies, pass.outputs) { copy.assign(from: x.base, to: y.base) }
  }
}

// MARK: - Backward

extension Split {
  package func backward(_ pass: BackwardPass) {
    guard let dx = pass.inputGradients[0] else { return }
    let copies = copies(dx.readOnly, pass.outputs.map { ($0.shape, $0.strides) })
    for (copy, dy) in zip(copies, pass.outputGradients) {
      if let dy { copy.reversed.accumulate(from: dy.base, to: dx.base) }
    }
  }
}
