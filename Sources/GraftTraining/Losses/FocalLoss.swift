public import GraftTensor

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Cross-entropy that cares less for what is right already, so that many easy samples do not drown
/// the few hard ones:
///
///     L = Σₙ Σₖ wₖ · tₙₖ · (1−pₙₖ)^γ · −log pₙₖ / Σₙ Σₖ wₖ · yₙₖ       p = softmax(z)
///                                                                t = (1−ε) · y + ε/K
///
/// With γ = 0 it is ``SoftmaxCrossEntropy``. Gradient of a row, `aₖ = wₖ·tₖ·pₖ·f′(pₖ)` for
/// `f(p) = (1−p)^γ · −log p`: `aₖ − pₖ·Σⱼ aⱼ`, divided as the loss is.
///
/// Exponentials are of `z − max z`, hence at most 1; sums are in Double.
/// Source: Lin, Goyal, Girshick, He, Dollár, "Focal loss for dense object detection", ICCV 2017, with
/// the softmax over classes in place of one sigmoid; class weights are the paper's α.
public struct FocalLoss: Loss, Hashable {
  /// γ; 2 is the paper's.
  public let gamma: Float
  /// ε in `0..<1`: how much of the target is spread evenly over the classes.
  public let labelSmoothing: Float
  /// One weight for each class; nil where all count the same.
  public let classWeights: [Float]?

  /// A loss with this focus.
  ///
  /// - Precondition: γ of 0 or above, smoothing in `0..<1`, positive weights.
  public init(gamma: Float = 2, labelSmoothing: Float = 0, classWeights: [Float]? = nil) {
    precondition(gamma >= 0 && gamma.isFinite, "gamma must be 0 or above")
    precondition((0..<1).contains(labelSmoothing), "label smoothing must be in 0..<1")
    precondition(
      classWeights?.allSatisfy { $0 > 0 && $0.isFinite } ?? true, "class weights must be positive")
    self.gamma = gamma
    self.labelSmoothing = labelSmoothing
    self.classWeights = classWeights
  }

  /// The weights of the targets' classes, as in cross-entropy.
  public func weight(of targets: TensorView) -> Double {
    SoftmaxCrossEntropy(classWeights: classWeights).weight(of: targets)
  }

  /// The sum of the rows' losses divided by `total`; assigns its gradient.
  public func evaluate(
    _ logits: TensorView, targets: TensorView, total: Double, gradient: MutableTensorView?
  ) -> Double {
    let classes = logits.shape.elementCountPerImage
    precondition(classWeights == nil || classWeights!.count == classes, "one weight for each class")
    guard total > 0 else { return 0 }
    let (gamma, keep) = (Double(gamma), 1 - Double(labelSmoothing))
    let spread = Double(labelSmoothing) / Double(max(classes, 1))
    // The gradient's terms aₖ and the probabilities of one row.
    var terms = [Double](repeating: 0, count: classes)
    var probabilities = terms
    let loss = sumOfRows(logits, targets, gradient) { z, y, dz in
      let maximum = Double(z.max() ?? 0)
      let logSum = log(z.reduce(0) { $0 + exp(Double($1) - maximum) })
      var (loss, termSum) = (0.0, 0.0)
      for k in 0..<classes {
        let target = Double(classWeights?[k] ?? 1) * (spread + keep * Double(y[k]))
        let logP = Double(z[k]) - maximum - logSum
        let p = exp(logP)
        let rest = -expm1(logP)  // 1 − p without losing the digits of a p close to 1
        let focus = pow(rest, gamma)
        // γ·(1−p)^(γ−1)·p·log p is 0 where p is 1, whatever the power says there.
        let bend = rest > 0 ? gamma * focus / rest * p * logP : 0
        probabilities[k] = p
        terms[k] = target == 0 ? 0 : target * (bend - focus)
        termSum += terms[k]
        if target != 0 { loss -= target * focus * logP }
      }
      guard let dz else { return loss }
      for k in 0..<classes { dz[k] = Float((terms[k] - probabilities[k] * termSum) / total) }
      return loss
    }
    return loss / total
  }
}
