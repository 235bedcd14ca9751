package import GraftGraph
import GraftKernels
package import GraftONNX
package import GraftTensor

/// What ReduceMean, ReduceSum and ReduceMax share: one number in place of all along some axes.
package protocol ReducingOperator: Operator {
  var reduction: Reduction { get }
}

/// Which axes go, and whether they leave an extent of 1.
package struct Reduction: Hashable, Sendable {
  /// As the file has them: negative ones count from the end. Nil: all.
  package var axes: [Int]?
  package var keepsAxes: Bool
}

// MARK: - ONNX

extension Reduction {
  /// - Parameter opset: from which on the axes are an input.
  package init(decoding node: borrowing NodeDecoder, inputSince opset: Int) throws(ONNXError) {
    keepsAxes = try node.int("keepdims", default: 1) != 0
    guard node.opset >= opset else {
      axes = try node.ints("axes").flatMap { $0.isEmpty ? nil : $0 }
      return
    }
    let isNothingForNone = try node.int("noop_with_empty_axes", default: 0) != 0
    let given = try node.constantInts(input: 1, named: "axes") ?? []
    axes = given.isEmpty && !isNothingForNone ? nil : given
  }

  package func encode(into node: inout NodeEncoder, inputSince opset: Int) {
    node.set("keepdims", keepsAxes ? 1 : 0)
    guard let axes else { return }
    if node.opset < opset {
      node.set("axes", axes)
    } else if axes.isEmpty {
      node.set("noop_with_empty_axes", 1)
    } else {
      node.appendInput(.ints(axes))
    }
  }
}

// MARK: - Shapes and memory

extension ReducingOperator {
  package static var layouts: OperatorLayouts { .any }

  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    guard inputs.count == 1 else { throw ShapeError("\(inputs.count) inputs; expected 1") }
    return [try reduction.shape(of: inputs[0])]
  }

  package func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int {
    inputs[0].elementCount
  }
}

extension Reduction {
  fileprivate func shape(of x: Shape) throws(ShapeError) -> Shape {
    for axis in axes ?? [] where axis < -x.rank || axis >= x.rank {
      throw ShapeError("axis \(axis) of an input \(x); expected \(-x.rank) to \(x.rank - 1)")
    }
    let reduced = isReduced(rank: x.rank)
    guard reduced.filter(\.self).count == axes?.count ?? x.rank else {
      throw ShapeError("axes \(axes ?? []) of an input \(x) name an axis twice")
    }
    return Shape(
      (0..<x.rank).compactMap { axis in
        reduced[axis] ? (keepsAxes ? 1 : nil) : x[axis]
      })
  }

  private func isReduced(rank: Int) -> [Bool] {
    guard let axes else { return [Bool](repeating: true, count: rank) }
    var reduced = [Bool](repeating: false, count: rank)
    for axis in axes { reduced[axis < 0 ? axis + rank : axis] = true }
    return reduced
  }

  /// The extents of X in its memory order, with the distances of its elements and of their results.
  package func strides(
    _ x: TensorView, _ y: TensorView
  ) -> (extents: [Int], whole: [Int], results: [Int]) {
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
    return (order.map { x.shape[$0] }, order.map { x.strides[$0] }, order.map { strides[$0] })
  }

  /// Sums over the axes, times a factor.
  package func sum(_ x: TensorView, _ y: MutableTensorView, factor: Float = 1) {
    let (extents, _, results) = strides(x, y.readOnly)
    Kernels.fill(y.base, with: 0, count: y.count)
    // A sum over axes is the gradient of repeating along them.
    Kernels.addBroadcastGradient(
      of: .add, by: .a, BroadcastWalk(extents: extents, a: results, b: results), x.base, x.base,
      x.base, y.base)
    guard factor != 1 else { return }
    Kernels.apply(.scale(factor), y.base, y.base, count: y.count)
  }

  /// The gradient of ``sum(_:_:factor:)``.
  package func addSumGradient(_ dy: TensorView, _ dx: MutableTensorView, factor: Float = 1) {
    let (extents, whole, results) = strides(dx.readOnly, dy)
    Kernels.broadcast(
      .addScaled(factor), BroadcastWalk(extents: extents, a: whole, b: results), dx.base, dy.base,
      dx.base)
  }
}
