package import GraftGraph
import GraftKernels
package import GraftONNX
package import GraftTensor

/// Mean of each window.
///
///     Y[n, c, y, x] = Σ over i, j of X[n, c, y · stride − pad + i · dilation, …] / divisor
///
/// The divisor is the number of pixels of the image that the window sees, or with
/// `count_include_pad` those of the padding too; what `ceil_mode` lets hang over never counts.
///
/// Input    X `[N, C, H, W]`; also `[N, C, L]` and `[N, C, D, H, W]`, with plain loops
/// Output   Y `[N, C, OH, OW]`
/// Gradient `dY / divisor` to every pixel of the window
/// Source   ONNX operator specification, AveragePool-22
package struct AveragePool: Operator {
  package static let opType = "AveragePool"
  package static let opsets = 1...28

  let window: SlidingWindow
  let countsPadding: Bool
}

// MARK: - ONNX

extension AveragePool {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    window = try SlidingWindow(decoding: node, hasCeilMode: true, ranks: 1...3)
    try window.refusePaddingBeyondKernel()
    countsPadding = try node.int("count_include_pad", default: 0) != 0
  }

  package func encode(into node: inout NodeEncoder) {
    if window.isDilated { node.require(opset: 19, for: "dilations") }
    window.encode(into: &node)
    guard countsPadding else { return }
    node.require(opset: 7, for: "count_include_pad")
    node.set("count_include_pad", 1)
  }
}

// MARK: - Shapes and memory

extension AveragePool {
  package static var layouts: OperatorLayouts { .channelsLast }
  package var gradientNeeds: GradientNeeds { [] }

  package func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    [try window.pooledShape(for: inputs)]
  }

  package func floatingPointOperations(for inputs: [Shape], outputs: [Shape]) -> Int {
    Int.saturatingProduct([outputs[0].elementCount] + window.axes.map(\.kernel))
  }
}

// MARK: - Forward

extension AveragePool {
  package func forward(_ pass: ForwardPass) {
    let (x, y) = (pass.inputs[0], pass.outputs[0])
    guard x.shape.rank == 4 else {
      return Kernels.averagePoolVolume(
        x.base, y.base, window.volume(for: x.shape), countsPadding: countsPadding,
        planes: x.shape[0] * x.shape[1])
    }
    Kernels.averagePool(
      x.base, y.base, window.geometry(for: x.shape), countsPadding: countsPadding,
      images: x.shape[0], channels: x.shape[1])
  }
}

// MARK: - Backward

extension AveragePool {
  package func backward(_ pass: BackwardPass) {
    guard let dx = pass.inputGradients[0], let dy = pass.outputGradients[0] else { return }
    guard dx.shape.rank == 4 else {
      return Kernels.addAveragePoolVolumeGradient(
        dy.base, dx.base, window.volume(for: dx.shape), countsPadding: countsPadding,
        planes: dx.shape[0] * dx.shape[1])
    }
    Kernels.addAveragePoolGradient(
      dy.base, dx.base, window.geometry(for: dx.shape), countsPadding: countsPadding,
      images: dx.shape[0], channels: dx.shape[1])
  }
}
