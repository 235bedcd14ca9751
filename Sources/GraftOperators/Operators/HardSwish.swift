package import GraftGraph
package import GraftKernels
package import GraftONNX
import GraftTensor

/// Swish made of straight lines: `Y = X · min(max(X / 6 + 1/2, 0), 1)`.
///
/// Input X any shape; output Y the same.
/// Gradient 0 up to −3, 1 from 3, `X / 3 + 1/2` between; it needs X, because Y falls before it rises.
/// Source: ONNX operator specification, HardSwish-22.
package struct HardSwish: ElementwiseOperator {
  package static let opType = "HardSwish"
  package static let opsets = 14...22

  package let function = UnaryFunction.hardSwish
}

// MARK: - ONNX

extension HardSwish {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
  }

  package func encode(into node: inout NodeEncoder) {}
}

// MARK: - Shapes and memory

extension HardSwish {
  package var gradientNeeds: GradientNeeds { .inputs }
  package static var runsInPlace: Bool { false }
}

// MARK: - Backward

extension HardSwish {
  package func backward(_ pass: BackwardPass) {
    guard let dx = pass.inputGradients[0], let dy = pass.outputGradients[0] else { return }
    Kernels.addGradient(
      of: function, pass.inputs[0].base, dy.base, dx.base, count: dx.count,
      begins: pass.begins(0))
  }
}
