package import GraftGraph
package import GraftKernels
package import GraftONNX
import GraftTensor

/// Rectified linear unit with a slope for negative numbers: `Y = X` where positive, else `alpha · X`.
///
/// Input X any shape; output Y the same. Gradient at 0 is alpha.
/// Memory: nothing where `alpha ≥ 0`, since then Y is positive where X is. With a negative slope the
/// sign of Y says nothing, and X is saved for the gradient.
/// Source: ONNX operator specification, LeakyRelu-16.
package struct LeakyRelu: ElementwiseOperator {
  package static let opType = "LeakyRelu"
  package static let opsets = 1...28

  let alpha: Float

  package var function: UnaryFunction { .leakyRelu(alpha: alpha) }
}

// MARK: - ONNX

extension LeakyRelu {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    // A hint of opset 1 for sharing memory.
    if node.opset < 6 { node.ignore("consumed_inputs") }
    alpha = try node.float("alpha", default: 0.01)
  }

  package func encode(into node: inout NodeEncoder) { node.set("alpha", alpha) }
}

// MARK: - Shapes and memory

extension LeakyRelu {
  package func memory(for context: PlanningContext) -> OperatorMemory {
    alpha >= 0 ? OperatorMemory() : OperatorMemory(saved: [context.inputs[0].elementCount])
  }
}

// MARK: - Forward

extension LeakyRelu {
  package func forward(_ pass: ForwardPass) {
    let (x, y) = (pass.inputs[0], pass.outputs[0])
    // First, because y may lie on x.
    if alpha < 0, let saved = pass.saved.first {
      Kernels.copy(x.base, saved.base, count: x.count)
    }
    Kernels.apply(function, x.base, y.base, count: y.count)
  }
}

// MARK: - Backward

extension LeakyRelu {
  package func backward(_ pass: BackwardPass) {
    guard let dx = pass.inputGradients[0], let dy = pass.outputGradients[0] else { return }
    let value = alpha < 0 ? pass.saved[0] : pass.outputs[0]
    Kernels.addGradient(
      of: function, value.base, dy.base, dx.base, count: dx.count,
      begins: pass.begins(0))
  }
}
