public import GraftGraph
import GraftKernels
public import GraftTensor

/// Stochastic gradient descent with momentum.
///
///     g ← g + λ·p                       weight decay
///     v ← μ·v + g                       v = g at the first update
///     p ← p − η·v                       Nesterov: p ← p − η·(g + μ·v)
///
/// Source: Sutskever, Martens, Dahl, Hinton, "On the importance of initialization and momentum in
/// deep learning", ICML 2013, in the form that `torch.optim.SGD` computes.
public struct SGD: Optimizer, Hashable {
  /// μ
  public let momentum: Float
  /// Look ahead along the momentum before following it?
  public let isNesterov: Bool
  /// λ
  public let weightDecay: Float

  /// The usual settings, unless given.
  public init(momentum: Float = 0.9, isNesterov: Bool = false, weightDecay: Float = 0) {
    self.momentum = momentum
    self.isNesterov = isNesterov
    self.weightDecay = weightDecay
  }

  /// The velocity, where there is momentum.
  public var slotCount: Int { momentum == 0 ? 0 : 1 }

  /// The same rule with this μ where it has one.
  public func withMomentum(_ momentum: Float) -> SGD {
    self.momentum == 0
      ? self : SGD(momentum: momentum, isNesterov: isNesterov, weightDecay: weightDecay)
  }

  /// One step of the rule.
  public func update(
    _ parameter: MutableTensorView, gradient: TensorView, role: ParameterRole,
    state: inout OptimizerState, rate: Float
  ) {
    state.step += 1
    let decay = role == .weight ? weightDecay : 0
    let (p, dp, count) = (parameter.base, gradient.base, parameter.count)
    guard momentum != 0 else {
      Parallel.forRanges(of: count, size: Parallel.elementRange) { range in
        for i in range { p[i] -= rate * (dp[i] + decay * p[i]) }
      }
      return
    }
    // The velocity begins at zero, so the first update gives v = g without a special case.
    state.slots[0].withUnsafeMutableElements { velocity in
      guard let v = velocity.baseAddress else { return }
      Kernels.descend(
        p, dp, v, count: count, rate: rate, decay: decay, momentum: momentum,
        looksAhead: isNesterov)
    }
  }
}
