internal import CGraftKernels

/// Updates of parameters, element by element: the loops behind optimizers.
///
/// A square root per element is why they are here: Swift's own calls `sqrtf`, which no compiler
/// vectorises. For 2²⁴ elements on one thread Adam's loop takes 1.9 ns an element, 6.6 with
/// `squareRoot()`.
extension Kernels {
  /// `g = dp + decay·p`, `v ← momentum·v + g`, `p ← p − rate·v`, or looking ahead
  /// `p ← p − rate·(g + momentum·v)`
  package static func descend(
    _ p: UnsafeMutablePointer<Float>, _ dp: UnsafePointer<Float>,
    _ v: UnsafeMutablePointer<Float>, count: Int, rate: Float, decay: Float, momentum: Float,
    looksAhead: Bool
  ) {
    Parallel.forRanges(of: count, size: Parallel.elementRange) { range in
      let first = range.lowerBound
      graft_descend(
        p + first, dp + first, v + first, range.count, rate, decay, momentum, looksAhead ? 1 : 0)
    }
  }

  /// The numbers of one step of Adam that all elements share.
  package struct AdamFactors {
    let (beta1, beta2, epsilon): (Float, Float, Float)
    let (decay, keep, size, correction): (Float, Float, Float, Float)

    package init(
      beta1: Float, beta2: Float, epsilon: Float, decay: Float, keep: Float, size: Float,
      correction: Float
    ) {
      (self.beta1, self.beta2, self.epsilon) = (beta1, beta2, epsilon)
      (self.decay, self.keep, self.size, self.correction) = (decay, keep, size, correction)
    }
  }

  /// `g = dp + decay·p`, `m ← β₁·m + (1−β₁)·g`, `v ← β₂·v + (1−β₂)·g²`,
  /// `p ← keep·p − size·m / (√v·correction + ε)`
  package static func adam(
    _ p: UnsafeMutablePointer<Float>, _ dp: UnsafePointer<Float>,
    _ m: UnsafeMutablePointer<Float>, _ v: UnsafeMutablePointer<Float>, count: Int,
    _ factors: AdamFactors
  ) {
    let (beta1, beta2, epsilon) = (factors.beta1, factors.beta2, factors.epsilon)
    let (decay, keep) = (factors.decay, factors.keep)
    let (size, correction) = (factors.size, factors.correction)
    Parallel.forRanges(of: count, size: Parallel.elementRange) { range in
      for i in range {
        let g = dp[i] + decay * p[i]
        m[i] = beta1 * m[i] + (1 - beta1) * g
        v[i] = beta2 * v[i] + (1 - beta2) * g * g
        p[i] = keep * p[i] - size * m[i] / (graft_square_root(v[i]) * correction + epsilon)
      }
    }
  }

  /// The numbers of one step of RMSprop that all elements share.
  package struct RMSpropFactors {
    let (decay, epsilon, momentum): (Float, Float, Float)
    let (pull, rate): (Float, Float)

    package init(decay: Float, epsilon: Float, momentum: Float, pull: Float, rate: Float) {
      (self.decay, self.epsilon, self.momentum) = (decay, epsilon, momentum)
      (self.pull, self.rate) = (pull, rate)
    }
  }

  /// `g = dp + pull·p`, `v ← α·v + (1−α)·g²`, `u ← μ·u + g / (√v + ε)`, `p ← p − η·u`;
  /// without u the quotient takes its place.
  package static func rmsprop(
    _ p: UnsafeMutablePointer<Float>, _ dp: UnsafePointer<Float>,
    _ v: UnsafeMutablePointer<Float>, _ u: UnsafeMutablePointer<Float>?, count: Int,
    _ factors: RMSpropFactors
  ) {
    let (decay, epsilon, momentum) = (factors.decay, factors.epsilon, factors.momentum)
    let (pull, rate) = (factors.pull, factors.rate)
    Parallel.forRanges(of: count, size: Parallel.elementRange) { range in
      guard let u else {
        for i in range {
          let g = dp[i] + pull * p[i]
          v[i] = decay * v[i] + (1 - decay) * g * g
          p[i] -= rate * (g / (graft_square_root(v[i]) + epsilon))
        }
        return
      }
      for i in range {
        let g = dp[i] + pull * p[i]
        v[i] = decay * v[i] + (1 - decay) * g * g
        u[i] = momentum * u[i] + g / (graft_square_root(v[i]) + epsilon)
        p[i] -= rate * u[i]
      }
    }
  }
}

extension Parallel {
  /// Elements that one thread updates at a time: a rule with two moments then works on 512 KiB,
  /// which stay in a core's own cache, and a weight of 100 million elements gives work to any
  /// machine.
  package static let elementRange = 1 << 15
}
