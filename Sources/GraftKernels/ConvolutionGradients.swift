/// Gradients of a channels-last convolution. Both add.
///
///     dX = dY ⋆ W turned round          (ConvolutionInputGradient.swift), or
///     dX = Σ of dY · W, added in place   (ScatteredInputGradient.swift)
///     dW = Σ over pixels of dYᵀ · X      (ConvolutionWeightGradient.swift)
extension Kernels {
  /// Working memory of the two gradients.
  package static func convolutionGradientScratchFloats(
    _ geometry: ConvolutionGeometry, usesWinograd: Bool = false
  ) -> Int {
    let input =
      !usesWinograd && geometry.scattersInputGradient
      ? scatteredGradientScratchFloats(geometry)
      : inputGradientScratchFloats(geometry, usesWinograd: usesWinograd)
    if geometry.isDepthwise { return max(geometry.weightCount, input) }
    return max(
      input,
      usesWinograd
        ? winogradGradientScratchFloats(geometry) : weightGradientScratchFloats(geometry))
  }

  /// `dX += ` what dY implies through the weights `[O, C/groups, KH, KW]`; assigned where it begins.
  package static func addConvolutionInputGradient(
    _ dy: UnsafePointer<Float>, weights: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
    _ geometry: ConvolutionGeometry, scratch: UnsafeMutablePointer<Float>,
    usesWinograd: Bool = false, begins: Bool = false
  ) {
    guard geometry.outputCount > 0, !geometry.isStridedDepthwise else {
      if begins { fill(dx, with: 0, count: geometry.inputCount) }
      guard geometry.outputCount > 0 else { return }
      return addDepthwiseInputGradient(dy, weights: weights, dx, geometry, scratch: scratch)
    }
    if !usesWinograd, geometry.scattersInputGradient {
      return addScatteredInputGradient(
        dy, weights: weights, dx, geometry, scratch: scratch, begins: begins)
    }
    addInputGradient(
      dy, weights: weights, dx, geometry, scratch: scratch, usesWinograd: usesWinograd,
      begins: begins)
  }

  /// `dW += ` what X and dY imply; dW lies as `[O, C/groups, KH, KW]`.
  package static func addConvolutionWeightGradient(
    _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ dw: UnsafeMutablePointer<Float>,
    _ geometry: ConvolutionGeometry, scratch: UnsafeMutablePointer<Float>,
    usesWinograd: Bool = false
  ) {
    guard geometry.outputCount > 0 else { return }
    if usesWinograd {
      addWinogradWeightGradient(x, dy, dw, geometry, scratch: scratch)
    } else if geometry.isDepthwise {
      addDepthwiseWeightGradient(x, dy, dw, geometry, scratch: scratch)
    } else {
      addWeightGradient(x, dy, dw, geometry, scratch: scratch)
    }
  }
}

extension ConvolutionGeometry {
  /// Depthwise where the gradient of X is no depthwise convolution itself.
  var isStridedDepthwise: Bool {
    isDepthwise
      && (outputsPerGroup != 1 || window.strideHeight != 1 || window.strideWidth != 1)
  }
}
