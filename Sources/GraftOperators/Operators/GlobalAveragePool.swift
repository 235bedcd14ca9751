package import GraftGraph
import GraftKernels
package import GraftONNX
package import GraftTensor

/// Mean of each channel of each image.
///
///     Y[n, c, 0, 0] = Σ over h, w of X[n, c, h, w] / (H · W)
///
/// Input    X `[N, C, H, W]`
/// Output   Y `[N, C, 1, 1]`
/// Gradient `dY / (H · W)` to every pixel
/// Source   ONNX operator specification, GlobalAveragePool-22
package struct GlobalAveragePool: Operator {
  package static let opType = "GlobalAveragePool"
  package static let opsets = 1...28
}

// MARK: - ONNX

extension GlobalAveragePool {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {}
  package func encode(into node: inout NodeEncoder) {}
}

// MARK: - Shapes and memory

extension GlobalAveragePool {
  package static var layouts: OperatorLayouts { .channelsLast }
  package var gradientNeeds: GradientNeeds { [] }

  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    [try Shape.globallyPooled(inputs)]
  }

  package func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int {
    inputs[0].elementCount
  }
}

// MARK: - Forward

extension GlobalAveragePool {
  package func forward(_ pass: ForwardPass) {
    let (x, y) = (pass.inputs[0], pass.outputs[0])
    Kernels.globalAveragePool(
      x.base, y.base, images: x.shape[0], area: x.shape[2] * x.shape[3], channels: x.shape[1])
  }
}

// MARK: - Backward

extension GlobalAveragePool {
  package func backward(_ pass: BackwardPass) {
    guard let dx = pass.inputGradients[0], let dy = pass.outputGradients[0] else { return }
    Kernels.addGlobalAveragePoolGradient(
      dy.base, dx.base, images: dx.shape[0], area: dx.shape[2] * dx.shape[3],
      channels: dx.shape[1])
  }
}
