public import GraftGraph
public import GraftTensor

/// Adam with decoupled weight decay: steps of about the same size for every parameter.
///
///     p ← p − η·λ·p
///     m ← β₁·m + (1−β₁)·g
///     v ← β₂·v + (1−β₂)·g²
///     p ← p − η/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε)
///
/// Source: Loshchilov, Hutter, "Decoupled weight decay regularization", ICLR 2019, with ε placed as
/// `torch.optim.AdamW` places it.
public struct AdamW: Optimizer, Hashable {
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
    beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8, weightDecay: Float = 0.01
  ) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  /// First and second moment.
  public var slotCount: Int { 2 }

  /// The same rule with this β₁, the momentum of its mean gradient.
  public func withMomentum(_ momentum: Float) -> AdamW {
    AdamW(beta1: momentum, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay)
  }

  /// One step of the rule.
  public func update(
    _ parameter: MutableTensorView, gradient: TensorView, role: ParameterRole,
    state: inout OptimizerState, rate: Float
  ) {
    AdamMoments(beta1: beta1, beta2: beta2, epsilon: epsilon).update(
      parameter, gradient: gradient, state: &state, rate: rate, coupledDecay: 0,
      keep: role == .weight ? 1 - rate * weightDecay : 1)
  }
}
