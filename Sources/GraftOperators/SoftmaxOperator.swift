package import GraftGraph
import GraftKernels
import GraftONNX
package import GraftTensor

/// What Softmax and LogSoftmax share.
package protocol SoftmaxOperator: Operator {
  static var isLogarithm: Bool { get }
  /// The axis along which the probabilities sum to 1; a negative one counts from the end.
  var axis: Int { get }
}

// MARK: - ONNX

extension SoftmaxOperator {
  /// The axis as opset 13 means it.
  static func axis(decoding node: borrowing NodeDecoder) throws(ONNXError) -> Int {
    guard node.opset < 13 else { return try node.int("axis", default: -1) }
    let given = try node.int("axis", default: 1)
    guard let shape = node.inputShape(0) else { return given }
    let first = given < 0 ? given + shape.rank : given
    guard first >= 0, first < shape.rank else {
      throw ONNXError("attribute axis is \(given); the input has shape \(shape)")
    }
    // The batch is one today and many tomorrow.
    let long = (first..<shape.rank).filter { $0 == 0 || shape[$0] != 1 }
    guard long.count <= 1 else {
      throw ONNXError(
        "attribute axis is \(given), which before opset 13 takes \(shape.dimensions[first...]) as one "
          + "list; graft reads one axis. Convert the network to opset 13, or flatten it before")
    }
    return long.first ?? shape.rank - 1
  }
}

// MARK: - Shapes

extension SoftmaxOperator {
  package static var layouts: OperatorLayouts { .channelsFirst }
  package var gradientNeeds: GradientNeeds { .outputs }
  package static var runsInPlace: Bool { true }

  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    guard inputs.count == 1 else { throw ShapeError("\(inputs.count) inputs; expected 1") }
    let rank = inputs[0].rank
    guard axis >= -rank, axis < rank else {
      throw ShapeError("axis \(axis) of an input \(inputs[0]); expected \(-rank) to \(rank - 1)")
    }
    return inputs
  }

  package func mixesImages(_ inputs: [Shape]) -> Bool { axis == 0 || axis == -inputs[0].rank }

  package func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int {
    Int.saturatingProduct(4, inputs[0].elementCount)
  }

  private func lines(_ shape: Shape) -> (outer: Int, count: Int, inner: Int) {
    let own = axis < 0 ? axis + shape.rank : axis
    let outer = shape.dimensions[..<own].reduce(1, *)
    return (outer, shape[own], shape.dimensions[(own + 1)...].reduce(1, *))
  }
}

// MARK: - Forward

extension SoftmaxOperator {
  package func forward(_ pass: ForwardPass) {
    let (x, y) = (pass.inputs[0], pass.outputs[0])
    let (outer, count, inner) = lines(x.shape)
    Kernels.softmax(
      x.base, y.base, outer: outer, count: count, inner: inner, logarithm: Self.isLogarithm)
  }
}

// MARK: - Backward

extension SoftmaxOperator {
  package func backward(_ pass: BackwardPass) {
    guard let dx = pass.inputGradients[0], let dy = pass.outputGradients[0] else { return }
    let (outer, count, inner) = lines(dx.shape)
    Kernels.addSoftmaxGradient(
      pass.outputs[0].base, dy.base, dx.base, outer: outer, count: count, inner: inner,
      logarithm: Self.isLogarithm)
  }
}
