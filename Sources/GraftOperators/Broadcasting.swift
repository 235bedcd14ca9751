package import GraftGraph
package import GraftKernels
package import GraftONNX
package import GraftTensor

/// What Add, Sub, Mul, Div and PRelu share: two tensors of float, combined element by element with
/// NumPy's broadcasting.
package protocol BroadcastingOperator: AxisAlignedOperator {
  static var function: BinaryFunction { get }
  var alignment: BroadcastAlignment { get set }
}

extension BroadcastingOperator {
  package var missingAxes: Int { alignment.trailingOnes }

  package func aligningLastAxes() -> Self {
    var aligned = self
    aligned.alignment = .trailing
    return aligned
  }
}

/// Where the second operand lies against the first.
///
/// Today the trailing axes meet. Before opset 7 the attribute `axis` could name the first axis that
/// the second operand meets; what follows its last axis is then `trailingOnes` axes of extent 1.
package struct BroadcastAlignment: Hashable, Sendable {
  package var axis: Int?
  package var trailingOnes = 0

  package static let trailing = BroadcastAlignment()

  /// The shape of the second operand with the axes that the old attribute implies.
  func aligned(_ shape: Shape) -> Shape {
    Shape(shape.dimensions + [Int](repeating: 1, count: trailingOnes))
  }
}

// MARK: - ONNX

extension BroadcastAlignment {
  /// Reads `broadcast` and `axis`, which Add, Sub, Mul and Div had before opset 7, and ignores
  /// `consumed_inputs` of opset 1, a hint for sharing memory.
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    self = .trailing
    if node.opset < 6 { node.ignore("consumed_inputs") }
    guard node.opset < 7 else { return }
    let isBroadcast = try node.int("broadcast", default: 0) != 0
    let axis = try node.optionalInt("axis")
    guard let a = node.inputShape(0), let b = node.inputShape(1) else { return }
    guard isBroadcast else {
      guard a == b else {
        throw ONNXError(
          "inputs \(a) and \(b) differ and attribute broadcast is 0; expected equal shapes, or "
            + "broadcast 1")
      }
      return
    }
    guard let axis, b.elementCount != 1 else { return }
    self = try Self.at(axis < 0 ? axis + a.rank : axis, a, b)
  }

  /// The second operand begins at an axis of the first.
  static func at(_ axis: Int, _ a: Shape, _ b: Shape) throws(ONNXError) -> BroadcastAlignment {
    guard axis >= 0, axis <= a.rank - b.rank else {
      throw ONNXError("attribute axis is \(axis); \(b) does not fit \(a) there")
    }
    let ones = a.rank - axis - b.rank
    return ones == 0 ? .trailing : BroadcastAlignment(axis: axis, trailingOnes: ones)
  }

  /// Writes the old attributes. Since opset 7 only trailing axes meet, so there an axis has no
  /// spelling but a reshaped operand: an obstacle.
  package func encode(into node: inout NodeEncoder) {
    if axis != nil { node.require(opsetBelow: 7, for: "broadcasting along an axis") }
    guard node.opset < 7 || axis != nil else { return }
    node.set("broadcast", 1)
    if let axis { node.set("axis", axis) }
  }
}

// MARK: - Shapes

extension BroadcastingOperator {
  package static var layouts: OperatorLayouts { .any }
  package static var beginsGradients: Bool { true }
  package var gradientNeeds: GradientNeeds { .inputs }

  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    guard inputs.count == 2 else {
      throw ShapeError("\(inputs.count) inputs; expected 2")
    }
    return [try Shape.broadcasting(inputs[0], alignment.aligned(inputs[1]))]
  }
}

extension Shape {
  /// The shape of the result of NumPy's broadcasting.
  package static func broadcasting(_ a: Shape, _ b: Shape) throws(ShapeError) -> Shape {
    let rank = max(a.rank, b.rank)
    var dimensions: [Int] = []
    for axis in 0..<rank {
      let (x, y) = (a.extent(axis, ofRank: rank), b.extent(axis, ofRank: rank))
      guard x == y || x == 1 || y == 1 else {
        throw ShapeError(
          "inputs \(a) and \(b) cannot be combined: \(x) meets \(y); expected equal extents or 1")
      }
      dimensions.append(x == 1 ? y : x)
    }
    guard let count = checkedElementCount(dimensions), count <= Int.max / 64 else {
      throw ShapeError("inputs \(a) and \(b) give \(dimensions), larger than any memory")
    }
    return Shape(dimensions)
  }

  /// The extent along an axis of a shape padded with ones in front to the given rank.
  fileprivate func extent(_ axis: Int, ofRank rank: Int) -> Int {
    let own = axis - (rank - self.rank)
    return own < 0 ? 1 : dimensions[own]
  }
}

extension BroadcastWalk {
  /// The walk over a result, in its memory order, with two operands in theirs.
  package init(
    result: TensorView, _ a: TensorView, _ b: TensorView,
    alignment: BroadcastAlignment = .trailing
  ) {
    let axes = result.layout.axes(rank: result.shape.rank)
    let strides = (
      Self.strides(a, ofRank: axes.count, ones: 0),
      Self.strides(b, ofRank: axes.count, ones: alignment.trailingOnes)
    )
    self.init(
      extents: axes.map { result.shape[$0] }, a: axes.map { strides.0[$0] },
      b: axes.map { strides.1[$0] })
  }

  /// Distances along the axes of the result; 0 where the operand is repeated.
  static func strides(_ operand: TensorView, ofRank rank: Int, ones: Int) -> [Int] {
    let own = zip(operand.shape.dimensions, operand.strides).map { $0 == 1 ? 0 : $1 }
    let front = [Int](repeating: 0, count: rank - own.count - ones)
    return front + own + [Int](repeating: 0, count: ones)
  }
}

// MARK: - Forward

extension BroadcastingOperator {
  package func forward(_ pass: ForwardPass) {
    let (a, b, y) = (pass.inputs[0], pass.inputs[1], pass.outputs[0])
    let walk = BroadcastWalk(result: y.readOnly, a, b, alignment: alignment)
    Kernels.broadcast(Self.function, walk, a.base, b.base, y.base)
  }
}

// MARK: - Backward

extension BroadcastingOperator {
  package func backward(_ pass: BackwardPass) {
    guard let dy = pass.outputGradients[0] else { return }
    let (a, b) = (pass.inputs[0], pass.inputs[1])
    let walk = BroadcastWalk(result: dy.readOnly, a, b, alignment: alignment)
    for (input, operand) in [BroadcastOperand.a, .b].enumerated() {
      guard let gradient = pass.inputGradients[input] else { continue }
      if Self.function == .add, gradient.shape == dy.shape {
        // They may lie on the same memory: BackwardPass, Operator.inputSharingGradient.
        guard gradient.base != dy.base else { continue }
        Kernels.add(dy.base, to: gradient.base, count: dy.count, begins: pass.begins(input))
        continue
      }
      if pass.begins(input) { gradient.elements.update(repeating: 0) }
      Kernels.addBroadcastGradient(
        of: Self.function, by: operand, walk, a.base, b.base, dy.base, gradient.base)
    }
  }
}
