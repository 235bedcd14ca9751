package import GraftGraph
package import GraftKernels
package import GraftONNX
package import GraftTensor

/// Normalisation of each channel of each image by its own statistics.
///
///     Y = (X − mean) / √(variance + epsilon) · scale + B
///
/// Inputs   X `[N, C, …]`; scale and B `[C]`
/// Output   Y as X
/// Memory   mean and 1/√(variance + epsilon) of each channel of each image while training
/// Gradient with X̂ = (X − mean) / √(…) and G = dY · scale:
///          `dX = (G − mean(G) − X̂ · mean(G · X̂)) / √(…)`, `dscale = Σ dY · X̂`, `dB = Σ dY`
/// Source   ONNX operator specification, InstanceNormalization-22; Ulyanov, Vedaldi, Lempitsky 2016
package struct InstanceNormalization: GroupNormalizing {
  package static let opType = "InstanceNormalization"
  package static let opsets = 1...28

  package let epsilon: Float

  package func groups(of x: Shape) throws(ShapeError) -> ChannelGroups {
    let area = x.dimensions[2...].reduce(1, *)
    return ChannelGroups(images: x[0], groups: x[1], channels: 1, area: area)
  }
}

// MARK: - ONNX

extension InstanceNormalization {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    // A hint of opset 1 for sharing memory.
    if node.opset < 6 { node.ignore("consumed_inputs") }
    epsilon = try node.float("epsilon", default: 1e-5)
    try Self.refuseEpsilon(epsilon)
  }

  package func encode(into node: inout NodeEncoder) { node.set("epsilon", epsilon) }
}
