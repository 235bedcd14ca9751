public import GraftGraph
import GraftKernels
public import GraftTensor

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Steps of about the same size for every parameter, whatever the size of its gradient.
///
///     g ← g + λ·p                       weight decay, part of the gradient
///     m ← β₁·m + (1−β₁)·g
///     v ← β₂·v + (1−β₂)·g²
///     p ← p − η/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε)
///
/// The decay is divided by √v like the rest of the gradient: weights with large gradients are pulled
/// less. ``AdamW`` pulls all the same.
/// Source: Kingma, Ba, "Adam: a method for stochastic optimization", ICLR 2015, with ε placed as
/// `torch.optim.Adam` places it.
public struct Adam: Optimizer, Hashable {
  /// β₁: how long gradients are remembered.
  public let beta1: Float
  /// β₂: how long squares of gradients are remembered.
  public let beta2: Float
  /// ε; keeps the step finite where the gradient is always zero. 1e-8 is the paper's.
  public let epsilon: Float
  /// λ
  public let weightDecay: Float

  /// The usual settings, unless given.
  public init(
    beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8, weightDecay: Float = 0
  ) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  /// First and second moment.
  public var slotCount: Int { 2 }

  /// The same rule with this β₁, the momentum of its mean gradient.
  public func withMomentum(_ momentum: Float) -> Adam {
    Adam(beta1: momentum, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay)
  }

  /// One step of the rule.
  public func update(
    _ parameter: MutableTensorView, gradient: TensorView, role: ParameterRole,
    state: inout OptimizerState, rate: Float
  ) {
    AdamMoments(beta1: beta1, beta2: beta2, epsilon: epsilon).update(
      parameter, gradient: gradient, state: &state, rate: rate,
      coupledDecay: role == .weight ? weightDecay : 0, keep: 1)
  }
}

/// What ``Adam`` and ``AdamW`` share: the two moments and the step that follows from them.
struct AdamMoments {
  let beta1: Float
  let beta2: Float
  let epsilon: Float

  /// `g ← g + λ·p`, then `p ← keep·p − step`.
  func update(
    _ parameter: MutableTensorView, gradient: TensorView, state: inout OptimizerState, rate: Float,
    coupledDecay: Float, keep: Float
  ) {
    state.step += 1
    // Powers of β in Double: in Float 1 − 0.999ᵗ loses half of its digits at the first steps.
    let step = Double(state.step)
    let size = Float(Double(rate) / (1 - pow(Double(beta1), step)))
    let correction = Float(1 / (1 - pow(Double(beta2), step)).squareRoot())
    let factors = Kernels.AdamFactors(
      beta1: beta1, beta2: beta2, epsilon: epsilon, decay: coupledDecay, keep: keep, size: size,
      correction: correction)
    var (first, second) = (state.slots[0], state.slots[1])
    state.slots.removeAll()  // so that the moments are not shared, hence not copied
    first.withUnsafeMutableElements { first in
      second.withUnsafeMutableElements { second in
        Kernels.adam(
          parameter.base, gradient.base, first.baseAddress!, second.baseAddress!,
          count: parameter.count, factors)
      }
    }
    state.slots = [first, second]
  }
}
