package import GraftGraph
package import GraftONNX
package import GraftTensor

/// Every `step`-th element from `start` up to but not including `end`, along some axes.
///
///     Y[…, i, …] = X[…, start + i·step, …]
///
/// Input X any shape; output Y of the same rank. Negative starts and ends count from the end of the
/// axis, then both are clamped to it, so that `Int.max` means "to the end"; negative steps go
/// backwards.
/// Source: ONNX operator specification, Slice-13.
package struct Slice: Operator, FoldingOperator {
  package static let opType = "Slice"
  package static let opsets = 1...28
  package static let layouts = OperatorLayouts.any
  package var gradientNeeds: GradientNeeds { [] }

  /// What is taken along one axis, as the node says it.
  package struct Cut: Hashable, Sendable {
    package var axis: Int
    package var start: Int
    package var end: Int
    package var step: Int

    package init(axis: Int, start: Int, end: Int, step: Int = 1) {
      (self.axis, self.start, self.end, self.step) = (axis, start, end, step)
    }
  }

  package var cuts: [Cut]

  package init(_ cuts: [Cut]) { self.cuts = cuts }
}

// MARK: - ONNX

extension Slice {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    let inInputs = node.opset >= 10
    let kind = inInputs ? "input" : "attribute"
    let starts =
      inInputs ? try node.constantInts(input: 1, named: "starts") : try node.ints("starts")
    let ends = inInputs ? try node.constantInts(input: 2, named: "ends") : try node.ints("ends")
    let axes = inInputs ? try node.constantInts(input: 3, named: "axes") : try node.ints("axes")
    let steps = inInputs ? try node.constantInts(input: 4, named: "steps") : nil
    guard let starts else { throw ONNXError("\(kind) starts is missing") }
    guard let ends else { throw ONNXError("\(kind) ends is missing") }
    for (name, values) in [("ends", ends), ("axes", axes), ("steps", steps)] {
      if let values, values.count != starts.count {
        throw ONNXError(
          "\(kind) \(name) has \(values.count) entries, starts has \(starts.count); expected as many"
        )
      }
    }
    if let steps, steps.contains(0) {
      throw ONNXError("input steps is \(steps); a step of 0 goes nowhere")
    }
    cuts = starts.indices.map {
      Cut(axis: axes?[$0] ?? $0, start: starts[$0], end: ends[$0], step: steps?[$0] ?? 1)
    }
  }

  /// Steps other than 1 cannot be said below opset 10, nor can a file of such an opset hold any.
  package func encode(into node: inout NodeEncoder) {
    let (starts, ends, axes) = (cuts.map(\.start), cuts.map(\.end), cuts.map(\.axis))
    if cuts.contains(where: { $0.step != 1 }) { node.require(opset: 10, for: "a step") }
    guard node.opset >= 10 else {
      node.set("starts", starts)
      node.set("ends", ends)
      node.set("axes", axes)
      return
    }
    for values in [starts, ends, axes, cuts.map(\.step)] { node.appendInput(.ints(values)) }
  }
}

// MARK: - Shapes and memory

extension Slice {
  /// What is taken along an axis in the end: `count` elements from `start`.
  private struct Range {
    var start: Int
    var count: Int
    var step: Int

    init(_ cut: Cut, extent: Int) {
      let isForward = cut.step > 0
      func place(_ written: Int, _ bounds: ClosedRange<Int>) -> Int {
        min(max(written < 0 ? written + extent : written, bounds.lowerBound), bounds.upperBound)
      }
      let end = place(cut.end, isForward ? 0...extent : -1...max(extent - 1, -1))
      start = place(cut.start, isForward ? 0...extent : -1...max(extent - 1, -1))
      let distance = isForward ? end - start : start - end
      let stride = Int(clamping: cut.step.magnitude)
      count = distance > 0 ? (distance - 1) / stride + 1 : 0
      // A single element needs no step, and the step may be any number.
      step = count > 1 ? cut.step : 0
    }
  }

  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    let y = try sliced(inputs[0])
    guard !y.dimensions.contains(0) || inputs[0].dimensions.contains(0) else {
      throw ShapeError("Slice takes nothing of the input \(inputs[0]): the output is \(y)")
    }
    return [y]
  }

  private func sliced(_ x: Shape) throws(ShapeError) -> Shape {
    var dimensions = x.dimensions
    _ = try x.axes(cuts.map(\.axis))
    for cut in cuts {
      let axis = try x.axis(cut.axis)
      dimensions[axis] = Range(cut, extent: x[axis]).count
    }
    return Shape(dimensions)
  }

  /// Backwards through the batch.
  package func mixesImages(_ inputs: [Shape]) -> Bool {
    cuts.contains { $0.axis == 0 || $0.axis == -inputs[0].rank }
  }

  package func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int { 0 }

  package func fold(_ inputs: [FoldingInput]) throws(ShapeError) -> [Constant]? {
    guard let data = inputs[0].constant else { return nil }
    let (x, y) = (data.shape, try sliced(data.shape))
    return [Constant(assembling: [(data, copy(x, x.strides, y, y.strides))], to: y)]
  }

  private func copy(
    _ x: Shape, _ source: [Int], _ y: Shape, _ destination: [Int]
  ) -> StridedCopy {
    var (strides, offset) = (source, 0)
    for cut in cuts {
      let axis = cut.axis < 0 ? cut.axis + x.rank : cut.axis
      let range = Range(cut, extent: x[axis])
      offset += range.start * source[axis]
      strides[axis] = range.step * source[axis]
    }
    return StridedCopy(y, source: strides, destination: destination, sourceOffset: offset)
  }
}

// MARK: - Forward

extension Slice {
  package func forward(_ pass: ForwardPass) {
    let (x, y) = (pass.inputs[0], pass.outputs[0])
    copy(x.shape, x.strides, y.shape, y.strides).assign(from: x.base, to: y.base)
  }
}

// MARK: - Backward          dX = dY where it came from, 0 elsewhere

extension Slice {
  package func backward(_ pass: BackwardPass) {
    guard let dx = pass.inputGradients[0], let dy = pass.outputGradients[0] else { return }
    copy(dx.shape, dx.strides, dy.shape, dy.strides).reversed
      .accumulate(from: dy.base, to: dx.base)
  }
}
