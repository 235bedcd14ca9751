package import GraftGraph
import GraftKernels
package import GraftONNX
package import GraftTensor

/// Adds a border, or takes one away where a pad is negative.
///
///     Y[i] = X[i − before]      inside; outside a constant, the nearest element (edge), the
///                               element mirrored at the border (reflect), or X again (wrap), along
///                               every axis
///
/// Input X any shape; output Y has extent `before + X + after` along each axis. Negative pads crop
/// first; mirroring and repeating then see what is left. The batch axis is not padded. Constants of
/// integers are padded while importing.
/// Source: ONNX operator specification, Pad-21.
package struct Pad: Operator, FoldingOperator {
  package static let opType = "Pad"
  package static let opsets = 1...28
  package static let layouts = OperatorLayouts.any
  package var gradientNeeds: GradientNeeds { [] }

  package enum Mode: String, Sendable { case constant, reflect, edge, wrap }

  /// Elements before and after, for every axis.
  package var before: [Int]
  package var after: [Int]
  package var mode: Mode
  /// What stands outside in the mode `constant`.
  package var value: Float

  package init(before: [Int], after: [Int], mode: Mode = .constant, value: Float = 0) {
    (self.before, self.after, self.mode, self.value) = (before, after, mode, value)
  }

  /// Larger pads belong to no image, and sums of smaller ones cannot overflow.
  private static let largest = 1 << 31
}

// MARK: - ONNX

extension Pad {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    guard let shape = node.inputShape(0) ?? node.integerDimensions(0).map({ Shape($0) }) else {
      throw ONNXError("input data is missing")
    }
    let written = try node.string("mode", default: "constant")
    guard let mode = Mode(rawValue: written) else {
      throw ONNXError(
        "attribute mode is \"\(written)\"; expected \"constant\", \"reflect\", \"edge\" or \"wrap\""
      )
    }
    self.mode = mode
    let isInput = node.opset >= 11
    let place = (isInput ? "input " : "attribute ") + (node.opset == 1 ? "paddings" : "pads")
    let pads =
      isInput
      ? try node.constantInts(input: 1, named: "pads")
      : try node.ints(node.opset == 1 ? "paddings" : "pads")
    guard let pads else { throw ONNXError("\(place) is missing") }
    value =
      isInput
      ? try node.constantNumber(input: 2, named: "constant_value") ?? 0
      : try node.float("value", default: 0)
    let axes =
      node.opset < 18
      ? Array(0..<shape.rank)
      : try Self.axes(node.constantInts(input: 3, named: "axes"), shape.rank)
    guard pads.count == 2 * axes.count else {
      throw ONNXError("\(place) has \(pads.count) entries; expected \(2 * axes.count)")
    }
    guard pads.allSatisfy({ (-Self.largest...Self.largest).contains($0) }) else {
      throw ONNXError("\(place) is \(pads); graft pads by up to \(Self.largest)")
    }
    before = Array(repeating: 0, count: shape.rank)
    after = before
    for (index, axis) in axes.enumerated() {
      before[axis] = pads[index]
      after[axis] = pads[axes.count + index]
    }
  }

  private static func axes(_ written: [Int]?, _ rank: Int) throws(ONNXError) -> [Int] {
    guard let written else { return Array(0..<rank) }
    let axes = written.map { $0 < 0 ? $0 &+ rank : $0 }
    guard axes.allSatisfy({ (0..<rank).contains($0) }), Set(axes).count == axes.count else {
      throw ONNXError("input axes is \(written); expected distinct axes of a rank-\(rank) input")
    }
    return axes
  }

  package func encode(into node: inout NodeEncoder) {
    if mode == .wrap { node.require(opset: 19, for: "mode wrap") }
    node.set("mode", mode.rawValue)
    if node.opset < 11 {
      node.set(node.opset == 1 ? "paddings" : "pads", before + after)
      node.set("value", value)
    } else {
      node.appendInput(.ints(before + after))
      node.appendInput(.float(value))
    }
  }
}

// MARK: - Shapes and memory

extension Pad {
  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    let x = inputs[0]
    guard before.count == x.rank, after.count == x.rank else {
      throw ShapeError("pads for \(before.count) axes do not fit the input \(x)")
    }
    if x.rank > 0, before[0] != 0 || after[0] != 0 {
      throw ShapeError(
        "pads \(before[0]) and \(after[0]) of axis 0, which is the batch; expected 0")
    }
    var y: [Int] = []
    // From nothing there is only a constant to add.
    let empty = mode == .constant ? Int.max : 0
    for axis in x.dimensions.indices {
      let (span, extent) = (span(axis, x[axis]), before[axis] + x[axis] + after[axis])
      let most = mode == .reflect ? span.extent - 1 : span.extent > 0 ? Int.max : empty
      guard extent > 0, before[axis] <= max(most, 0), after[axis] <= max(most, 0) else {
        throw ShapeError(
          "pads \(before[axis]) and \(after[axis]) in mode \(mode) do not fit axis \(axis) of the "
            + "input \(x)")
      }
      y.append(extent)
    }
    guard Shape.checkedElementCount(y) != nil else {
      throw ShapeError("the padded input \(Shape(y)) fits no memory")
    }
    return [Shape(y)]
  }

  /// The part of the input along an axis that is left after cropping.
  private func span(_ axis: Int, _ extent: Int) -> (start: Int, extent: Int) {
    let (first, last) = (max(0, -before[axis]), max(0, -after[axis]))
    return (first, max(0, extent - first - last))
  }

  package func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int { 0 }

  /// From the part of the input that is left to where it lies in the output.
  private func copy(_ x: Shape, _ source: [Int], _ destination: [Int]) -> StridedCopy {
    let spans = x.dimensions.indices.map { span($0, x[$0]) }
    return StridedCopy(
      Shape(spans.map(\.extent)), source: source, destination: destination,
      sourceOffset: zip(spans, source).reduce(0) { $0 + $1.0.start * $1.1 },
      destinationOffset: zip(before, destination).reduce(0) { $0 + max(0, $1.0) * $1.1 })
  }
}

// MARK: - Forward

extension Pad {
  package func forward(_ pass: ForwardPass) {
    let (x, y) = (pass.inputs[0], pass.outputs[0])
    guard mode == .constant else {
      let lines = lines(x.shape, x.strides, y.readOnly)
      return Parallel.forRanges(of: lines.count, size: (1 << 14) / max(lines.extent, 1)) { range in
        lines.forEach(range) { y.base[$1] = x.base[$0] }
      }
    }
    Parallel.forRanges(of: y.count, size: 1 << 16) { range in
      (y.base + range.lowerBound).update(repeating: value, count: range.count)
    }
    copy(x.shape, x.strides, y.strides).assign(from: x.base, to: y.base)
  }
}

// MARK: - Backward          dX += dY wherever it was copied to

extension Pad {
  package func backward(_ pass: BackwardPass) {
    guard let dx = pass.inputGradients[0], let dy = pass.outputGradients[0] else { return }
    if mode == .constant {
      copy(dx.shape, dx.strides, dy.strides).reversed.accumulate(from: dy.base, to: dx.base)
    } else {
      // In one order on one thread: an element of dX may be the sum of several of dY.
      let lines = lines(dx.shape, dx.strides, dy.readOnly)
      lines.forEach(0..<lines.count) { dx.base[$0] += dy.base[$1] }
    }
  }
}

// MARK: - Constants

extension Pad {
  /// Integers; floats go the way that they go at run time.
  package func fold(_ inputs: [FoldingInput]) throws(ShapeError) -> [Constant]? {
    guard let x = inputs[0].integers else { return nil }
    let shape = Shape(x.dimensions)
    let y = try outputShapes(for: [shape])[0]
    guard y.elementCount <= max(shape.elementCount, 1 << 16) else {
      throw ShapeError(
        "Pad of a constant \(shape) gives \(y); graft folds up to \(1 << 16) integers")
    }
    let outside = inputs.count > 2 ? inputs[2].integers?.values.first ?? 0 : 0
    var values = [Int](repeating: outside, count: y.elementCount)
    values.withUnsafeMutableBufferPointer { target in
      x.values.withUnsafeBufferPointer { source in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        if mode == .constant {
          copy(shape, shape.strides, y.strides).assign(from: from, to: to)
        } else {
          let lines = lines(shape, shape.strides, y, y.strides, Array(y.dimensions.indices))
          lines.forEach(0..<lines.count) { to[$1] = from[$0] }
        }
      }
    }
    return [.integers(IntegerTensor(dimensions: y.dimensions, values: values))]
  }
}

// MARK: - Mirroring and repeating

/// The output as lines along its innermost axis in memory, every element with its place in the input.
private struct PadLines {
  struct Axis {
    var extent: Int
    var stride: Int
    var before: Int
    var span: (start: Int, extent: Int)
    var inputStride: Int

    /// The place along the input's axis from which an element of the output comes.
    func source(_ index: Int, _ mode: Pad.Mode) -> Int {
      var place = index - max(before, 0)
      let last = span.extent - 1
      switch mode {
      case .reflect: place = place < 0 ? -place : place > last ? 2 * last - place : place
      case .wrap: place = (place % span.extent + span.extent) % span.extent
      case .edge, .constant: place = min(max(place, 0), last)
      }
      return (span.start + place) * inputStride
    }
  }

  let mode: Pad.Mode
  let outer: [Axis]
  let inner: Axis

  var count: Int { outer.reduce(1) { $0 * $1.extent } }
  var extent: Int { inner.extent }

  @inline(__always)
  func forEach(_ lines: Range<Int>, _ body: (_ input: Int, _ output: Int) -> Void) {
    for line in lines {
      var (rest, input, output) = (line, 0, 0)
      for axis in outer.reversed() {
        let (quotient, index) = rest.quotientAndRemainder(dividingBy: axis.extent)
        input += axis.source(index, mode)
        output += index * axis.stride
        rest = quotient
      }
      for index in 0..<inner.extent {
        body(input + inner.source(index, mode), output + index * inner.stride)
      }
    }
  }
}

extension Pad {
  /// - Precondition: the output has at least one axis.
  private func lines(_ x: Shape, _ inputStrides: [Int], _ y: TensorView) -> PadLines {
    lines(x, inputStrides, y.shape, y.strides, y.layout.axes(rank: x.rank))
  }

  private func lines(
    _ x: Shape, _ inputStrides: [Int], _ y: Shape, _ strides: [Int], _ order: [Int]
  ) -> PadLines {
    var axes = order.map { axis in
      PadLines.Axis(
        extent: y[axis], stride: strides[axis], before: before[axis],
        span: span(axis, x[axis]), inputStride: inputStrides[axis])
    }
    let scalar = PadLines.Axis(extent: 1, stride: 0, before: 0, span: (0, 1), inputStride: 0)
    let inner = axes.popLast() ?? scalar
    return PadLines(mode: mode, outer: axes, inner: inner)
  }
}
