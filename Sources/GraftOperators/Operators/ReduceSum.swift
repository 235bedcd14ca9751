package import GraftGraph
import GraftKernels
package import GraftONNX
import GraftTensor

/// Sum over some axes.
///
///     Y = Σ over the axes of X
///
/// Input    X any shape; from opset 13 a constant `axes`, before that an attribute; without axes all,
///          or with `noop_with_empty_axes` none
/// Output   Y as X, the axes of extent 1, or gone without `keepdims`
/// Gradient `dY` to every element
/// Source   ONNX operator specification, ReduceSum-13
package struct ReduceSum: ReducingOperator {
  package static let opType = "ReduceSum"
  package static let opsets = 1...28

  package let reduction: Reduction
}

// MARK: - ONNX

extension ReduceSum {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    reduction = try Reduction(decoding: node, inputSince: 13)
  }

  package func encode(into node: inout NodeEncoder) {
    reduction.encode(into: &node, inputSince: 13)
  }
}

// MARK: - Forward

extension ReduceSum {
  package var gradientNeeds: GradientNeeds { [] }

  package func forward(_ pass: ForwardPass) { reduction.sum(pass.inputs[0], pass.outputs[0]) }
}

// MARK: - Backward

extension ReduceSum {
  package func backward(_ pass: BackwardPass) {
    guard let dx = pass.inputGradients[0], let dy = pass.outputGradients[0] else { return }
    reduction.addSumGradient(dy.readOnly, dx)
  }
}
