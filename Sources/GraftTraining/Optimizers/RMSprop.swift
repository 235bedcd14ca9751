public import GraftGraph
import GraftKernels
public import GraftTensor

/// Steps that are divided by the root mean square of the gradients so far.
///
///     g ← g + λ·p                       weight decay
///     v ← α·v + (1−α)·g²
///     u ← μ·u + g / (√v + ε)            u is the quotient where μ is 0
///     p ← p − η·u
///
/// Source: Tieleman, Hinton, "Lecture 6.5: rmsprop", Coursera 2012, in the form that
/// `torch.optim.RMSprop` computes: v begins at 0 and is not corrected for it, so the first steps are
/// up to 1/√(1−α) times as long as the later ones.
public struct RMSprop: Optimizer, Hashable {
  /// α: how long squares of gradients are remembered.
  public let decay: Float
  /// ε; keeps the step finite where the gradient is always zero.
  public let epsilon: Float
  /// μ
  public let momentum: Float
  /// λ
  public let weightDecay: Float

  /// The settings of `torch.optim.RMSprop`, unless given.
  public init(
    decay: Float = 0.99, epsilon: Float = 1e-8, momentum: Float = 0, weightDecay: Float = 0
  ) {
    self.decay = decay
    self.epsilon = epsilon
    self.momentum = momentum
    self.weightDecay = weightDecay
  }

  /// The mean square, and the velocity where there is momentum.
  public var slotCount: Int { momentum == 0 ? 1 : 2 }

  /// The same rule with this μ where it has one.
  public func withMomentum(_ momentum: Float) -> RMSprop {
    self.momentum == 0
      ? self
      : RMSprop(decay: decay, epsilon: epsilon, momentum: momentum, weightDecay: weightDecay)
  }

  /// One step of the rule.
  public func update(
    _ parameter: MutableTensorView, gradient: TensorView, role: ParameterRole,
    state: inout OptimizerState, rate: Float
  ) {
    state.step += 1
    let pull = role == .weight ? weightDecay : 0
    let factors = Kernels.RMSpropFactors(
      decay: decay, epsilon: epsilon, momentum: momentum, pull: pull, rate: rate)
    guard momentum != 0 else {
      state.slots[0].withUnsafeMutableElements { squares in
        Kernels.rmsprop(
          parameter.base, gradient.base, squares.baseAddress!, nil, count: parameter.count, factors)
      }
      return
    }
    var (squares, velocity) = (state.slots[0], state.slots[1])
    state.slots.removeAll()  // so that they are not shared, hence not copied
    squares.withUnsafeMutableElements { squares in
      velocity.withUnsafeMutableElements { velocity in
        Kernels.rmsprop(
          parameter.base, gradient.base, squares.baseAddress!, velocity.baseAddress!,
          count: parameter.count, factors)
      }
    }
    state.slots = [squares, velocity]
  }
}
