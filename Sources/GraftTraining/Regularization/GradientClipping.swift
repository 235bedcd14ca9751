import GraftKernels
import GraftTensor

/// Shortens the gradient of all parameters together to a highest norm, keeping its direction.
///
///     ‖g‖ = √Σ g²  over all parameters,   g ← g · min(1, M / (‖g‖ + 1e-6))
///
/// Source: Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent neural networks",
/// ICML 2013, as `torch.nn.utils.clip_grad_norm_` computes it, but with the sum in Double.
public struct GradientClipping: Hashable, Codable, Sendable {
  /// M
  public let maximumNorm: Float

  /// - Precondition: a norm above 0.
  public init(maximumNorm: Float) {
    precondition(maximumNorm > 0, "the highest norm of a gradient must be above 0")
    self.maximumNorm = maximumNorm
  }

  /// Shortens the gradients where they are longer, to be called between backward pass and update.
  ///
  /// - Returns: the norm before. Where that is not finite the gradients are left as they are: no
  ///   factor makes them right.
  @discardableResult
  public func clip(_ parameters: [LearnedParameter]) -> Double {
    let norm = Self.norm(of: parameters)
    let factor = Float(Double(maximumNorm) / (norm + 1e-6))
    guard norm.isFinite, factor < 1 else { return norm }
    for parameter in parameters {
      let dp = parameter.gradient.base
      Parallel.forRanges(of: parameter.gradient.count, size: Parallel.elementRange) { range in
        for i in range { dp[i] *= factor }
      }
    }
    return norm
  }

  /// The norm of the gradient of all parameters together.
  public static func norm(of parameters: [LearnedParameter]) -> Double {
    parameters.reduce(0) { sum, parameter in
      sum + Parallel.sum(parameter.gradient.base, count: parameter.gradient.count) { $0 * $0 }
    }.squareRoot()
  }
}
