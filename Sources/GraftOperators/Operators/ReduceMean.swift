package import GraftGraph
import GraftKernels
package import GraftONNX
import GraftTensor

/// Mean over some axes.
///
///     Y = Σ over the axes of X / number of elements
///
/// Input    X any shape; from opset 18 a constant `axes`, before that an attribute; without axes all,
///          or with `noop_with_empty_axes` none
/// Output   Y as X, the axes of extent 1, or gone without `keepdims`
/// Gradient `dY / number of elements` to every element
/// Source   ONNX operator specification, ReduceMean-18
package struct ReduceMean: ReducingOperator {
  package static let opType = "ReduceMean"
  package static let opsets = 1...28

  package let reduction: Reduction
}

// MARK: - ONNX

extension ReduceMean {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    reduction = try Reduction(decoding: node, inputSince: 18)
  }

  package func encode(into node: inout NodeEncoder) {
    reduction.encode(into: &node, inputSince: 18)
  }
}

// MARK: - Forward

extension ReduceMean {
  package var gradientNeeds: GradientNeeds { [] }

  package func forward(_ pass: ForwardPass) {
    let (x, y) = (pass.inputs[0], pass.outputs[0])
    reduction.sum(x, y, factor: factor(x.shape, y.shape))
  }

  /// One over the elements of each mean.
  private func factor(_ x: Shape, _ y: Shape) -> Float {
    Float(Double(y.elementCount) / Double(x.elementCount))
  }
}

// MARK: - Backward

extension ReduceMean {
  package func backward(_ pass: BackwardPass) {
    guard let dx = pass.inputGradients[0], let dy = pass.outputGradients[0] else { return }
    reduction.addSumGradient(dy.readOnly, dx, factor: factor(dx.shape, dy.shape))
  }
}
