package import GraftGraph
import GraftKernels
package import GraftONNX
package import GraftTensor

/// Vectors of length 1: `Y = X / ‖X‖` along an axis; zeros stay zeros.
///
/// Input    X any shape but a scalar
/// Output   Y as X
/// Norm     p 2 (√ Σ X²), the default, or 1 (Σ |X|), along `axis`, by default the last
/// Gradient `dX = (dY − Y · Σ Y dY) / ‖X‖` for p 2; sign(X) in place of the first Y for p 1
/// Source   ONNX operator specification, LpNormalization-1 and -22
package struct LpNormalization: Operator, FoldingOperator {
  package static let opType = "LpNormalization"
  package static let opsets = 1...28

  /// The axis along which the norm is taken; a negative one counts from the end.
  let axis: Int
  /// 1 or 2.
  let p: Int
}

// MARK: - ONNX

extension LpNormalization {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    axis = try node.int("axis", default: -1)
    p = try node.int("p", default: 2)
    guard p == 1 || p == 2 else {
      throw ONNXError("attribute p is \(p); the specification has norms 1 and 2")
    }
  }

  package func encode(into node: inout NodeEncoder) {
    node.set("axis", axis)
    node.set("p", p)
  }
}

// MARK: - Shapes

extension LpNormalization {
  package static var layouts: OperatorLayouts { .channelsFirst }

  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    guard inputs.count == 1 else { throw ShapeError("\(inputs.count) inputs; expected 1") }
    _ = try inputs[0].axis(axis)
    return inputs
  }

  /// Only a layer that learns directions normalises what is no activation.
  package func role(ofInput index: Int, shape: Shape) -> ParameterRole { .weight }

  package func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int {
    Int.saturatingProduct(3, inputs[0].elementCount)
  }

  package func fold(_ inputs: [FoldingInput]) throws(ShapeError) -> [Constant]? {
    guard let x = inputs[0].floats else { return nil }
    _ = try outputShapes(for: [x.shape])
    let (outer, count, inner) = lines(x.shape)
    return x.withUnsafeElements { elements in
      guard let base = elements.baseAddress else { return [.floats(x)] }
      return [
        .floats(
          Tensor(unsafeUninitialized: x.shape) {
            Kernels.normalizeLines(
              base, $0, outer: outer, count: count, inner: inner, squares: p == 2)
          })
      ]
    }
  }

  /// Along the batch all images are one line.
  package func mixesImages(_ inputs: [Shape]) -> Bool { axis == 0 || axis == -inputs[0].rank }

  private func lines(_ shape: Shape) -> (outer: Int, count: Int, inner: Int) {
    let own = axis < 0 ? axis + shape.rank : axis
    let outer = shape.dimensions[..<own].reduce(1, *)
    return (outer, shape[own], shape.dimensions[(own + 1)...].reduce(1, *))
  }
}

// MARK: - Forward

extension LpNormalization {
  package func forward(_ pass: ForwardPass) {
    let (x, y) = (pass.inputs[0], pass.outputs[0])
    let (outer, count, inner) = lines(x.shape)
    Kernels.normalizeLines(
      x.base, y.base, outer: outer, count: count, inner: inner, squares: p == 2)
  }
}

// MARK: - Backward

extension LpNormalization {
  package func backward(_ pass: BackwardPass) {
    guard let dx = pass.inputGradients[0], let dy = pass.outputGradients[0] else { return }
    let (outer, count, inner) = lines(dx.shape)
    Kernels.addLineNormalizationGradient(
      pass.inputs[0].base, pass.outputs[0].base, dy.base, dx.base, outer: outer, count: count,
      inner: inner, squares: p == 2)
  }
}
