#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The rate times a factor at each of some steps: `η(t) = η₀ · γⁿ` after n milestones.
///
/// Milestone m is the first step with the lower rate. The CIFAR runs of He et al., "Deep residual
/// learning", CVPR 2016, have milestones at a half and three quarters of the run.
public struct MultiStep: Schedule, Hashable {
  /// η₀
  public let rate: Float
  /// γ
  public let factor: Float
  /// Steps, in any order.
  public let milestones: [Int]

  /// From `rate`, times `factor` from each milestone on.
  public init(_ rate: Float, factor: Float = 0.1, milestones: [Int]) {
    self.rate = rate
    self.factor = factor
    self.milestones = milestones
  }

  /// The rate at a step, counted from 0.
  public func rate(at step: Int) -> Float {
    let passed = milestones.count { $0 <= step }
    return Float(Double(rate) * pow(Double(factor), Double(passed)))
  }
}
