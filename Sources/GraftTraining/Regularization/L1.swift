import GraftGraph
import GraftKernels
import GraftTensor

/// A penalty on the absolute values of the weights: `λ·Σ|w|`, gradient `λ·sign(w)`.
///
/// Where ``Optimizer`` weight decay makes weights small, this makes many of them nearly zero. It
/// applies to parameters of role ``ParameterRole/weight`` only. At 0 the gradient is 0.
/// Source: Tibshirani, "Regression shrinkage and selection via the lasso", 1996.
public struct L1: Hashable, Codable, Sendable {
  /// λ
  public let strength: Float

  /// - Precondition: a strength of 0 or above.
  public init(_ strength: Float) {
    precondition(strength >= 0, "the strength of a penalty cannot be negative")
    self.strength = strength
  }

  /// Adds the penalty's gradient to that of the loss, to be called once before each update.
  ///
  /// - Returns: the penalty, to be added to the loss.
  @discardableResult
  public func addGradient(to parameters: [LearnedParameter]) -> Double {
    for parameter in parameters where parameter.role == .weight {
      let (p, dp, strength) = (parameter.value.base, parameter.gradient.base, strength)
      Parallel.forRanges(of: parameter.value.count, size: Parallel.elementRange) { range in
        for i in range { dp[i] += p[i] > 0 ? strength : p[i] < 0 ? -strength : 0 }
      }
    }
    return penalty(of: parameters)
  }

  /// `λ·Σ|w|`
  public func penalty(of parameters: [LearnedParameter]) -> Double {
    Double(strength)
      * parameters.filter { $0.role == .weight }.reduce(0) { sum, parameter in
        sum
          + Parallel.sum(parameter.value.base, count: parameter.value.count) {
            $0.replacing(with: -$0, where: $0 .< 0)
          }
      }
  }
}
