package import GraftGraph
import GraftKernels
package import GraftONNX
package import GraftTensor

/// Mean over some axes.
///
///     Y = Σ over the axes of X / number of elements
///
/// Input    X any shape; from opset 18 a constant `axes`, before that an attribute; without axes all,
///          or with `noop_with_empty_axes` none
/// Output   Y as X, the axes of extent 1, or gone without `keepdims`
/// Gradient `dY / number of elements` to every element
/// Source   ONNX operator specification, ReduceMean-18
package struct ReduceMean: Operator {
  package static let opType = "ReduceMean"
  package static let opsets = 1...28

  /// As the file has them: negative ones count from the end. Nil: all.
  let axes: [Int]?
  let keepsAxes: Bool
}

// MARK: - ONNX

extension ReduceMean {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    keepsAxes = try node.int("keepdims", default: 1) != 0
    guard node.opset >= 18 else {
      axes = try node.ints("axes").flatMap { $0.isEmpty ? nil : $0 }
      return
    }
    let isNothingForNone = try node.int("noop_with_empty_axes", default: 0) != 0
    let given = try node.constantInts(input: 1, named: "axes") ?? []
    axes = given.isEmpty && !isNothingForNone ? nil : given
  }

  package func encode(into node: inout NodeEncoder) {
    node.set("keepdims", keepsAxes ? 1 : 0)
    guard let axes else { return }
    if node.opset < 18 {
      node.set("axes", axes)
    } else if axes.isEmpty {
      node.set("noop_with_empty_axes", 1)
    } else {
      node.appendInput(.ints(axes))
    }
  }
}

// MARK: - Shapes and memory

extension ReduceMean {
  package static var layouts: OperatorLayouts { .any }
  package var gradientNeeds: GradientNeeds { [] }

  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    guard inputs.count == 1 else { throw ShapeError("\(inputs.count) inputs; expected 1") }
    let x = inputs[0]
    for axis in axes ?? [] where axis < -x.rank || axis >= x.rank {
      throw ShapeError("axis \(axis) of an input \(x); expected \(-x.rank) to \(x.rank - 1)")
    }
    let reduced = isReduced(rank: x.rank)
    guard reduced.filter(\.self).count == axes?.count ?? x.rank else {
      throw ShapeError("axes \(axes ?? []) of an input \(x) name an axis twice")
    }
    return [
      Shape(
        (0..<x.rank).compactMap { axis in
          reduced[axis] ? (keepsAxes ? 1 : nil) : x[axis]
        })
    ]
  }

  package func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int {
    inputs[0].elementCount
  }

  private func isReduced(rank: Int) -> [Bool] {
    guard let axes else { return [Bool](repeating: true, count: rank) }
    var reduced = [Bool](repeating: false, count: rank)
    for axis in axes { reduced[axis < 0 ? axis + rank : axis] = true }
    return reduced
  }

  /// The walk over X in memory order, with the place of each element's mean.
  private func walk(_ x: TensorView, _ y: TensorView, isFirstOperandWhole: Bool) -> BroadcastWalk {
    let reduced = isReduced(rank: x.shape.rank)
    var kept = y.strides[...]
    let strides = reduced.map { isReduced in
      if !isReduced || keepsAxes {
        let stride = kept.removeFirst()
        return isReduced ? 0 : stride
      }
      return 0
    }
    let order = x.layout.axes(rank: x.shape.rank)
    let means = order.map { strides[$0] }
    let whole = order.map { x.strides[$0] }
    return BroadcastWalk(
      extents: order.map { x.shape[$0] }, a: isFirstOperandWhole ? whole : means, b: means)
  }

  /// One over the elements of each mean.
  private func factor(_ x: Shape, _ y: Shape) -> Float {
    Float(Double(y.elementCount) / Double(x.elementCount))
  }
}

// MARK: - Forward

extension ReduceMean {
  package func forward(_ pass: ForwardPass) {
    let (x, y) = (pass.inputs[0], pass.outputs[0])
    Kernels.fill(y.base, with: 0, count: y.count)
    // A sum over axes is the gradient of repeating along them.
    Kernels.addBroadcastGradient(
      of: .add, by: .a, walk(x, y.readOnly, isFirstOperandWhole: false), x.base, x.base, x.base,
      y.base)
    Kernels.apply(.scale(factor(x.shape, y.shape)), y.base, y.base, count: y.count)
  }
}

// MARK: - Backward

extension ReduceMean {
  package func backward(_ pass: BackwardPass) {
    guard let dx = pass.inputGradients[0], let dy = pass.outputGradients[0] else { return }
    Kernels.broadcast(
      .addScaled(factor(dx.shape, dy.shape)),
      walk(dx.readOnly, dy.readOnly, isFirstOperandWhole: true),
      dx.base, dy.base, dx.base)
  }
}
