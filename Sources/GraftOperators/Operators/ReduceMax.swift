package import GraftGraph
import GraftKernels
package import GraftONNX
import GraftTensor

/// Largest number along some axes.
///
///     Y = max over the axes of X
///
/// Input    X any shape; from opset 18 a constant `axes`, before that an attribute; without axes all,
///          or with `noop_with_empty_axes` none
/// Output   Y as X, the axes of extent 1, or gone without `keepdims`; NaN where any element is, the
///          lowest number of nothing
/// Gradient `dY` to the first element that is the largest
/// Source   ONNX operator specification, ReduceMax-20
package struct ReduceMax: ReducingOperator {
  package static let opType = "ReduceMax"
  package static let opsets = 1...28

  package let reduction: Reduction
}

// MARK: - ONNX

extension ReduceMax {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    reduction = try Reduction(decoding: node, inputSince: 18)
  }

  package func encode(into node: inout NodeEncoder) {
    reduction.encode(into: &node, inputSince: 18)
  }
}

// MARK: - Forward

extension ReduceMax {
  package func forward(_ pass: ForwardPass) {
    let (x, y) = (pass.inputs[0], pass.outputs[0])
    let (extents, whole, results) = reduction.strides(x, y.readOnly)
    Kernels.fill(y.base, with: -.infinity, count: y.count)
    Kernels.largest(
      x.base, y.base, ReductionWalk(extents: extents, whole: whole, results: results))
  }
}

// MARK: - Backward

extension ReduceMax {
  package func backward(_ pass: BackwardPass) {
    guard let dx = pass.inputGradients[0], let dy = pass.outputGradients[0] else { return }
    let (extents, whole, results) = reduction.strides(pass.inputs[0], pass.outputs[0])
    Kernels.addLargestGradient(
      pass.inputs[0].base, pass.outputs[0].base, dy.base, dx.base,
      ReductionWalk(extents: extents, whole: whole, results: results))
  }
}
