public import GraftTensor

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Cross-entropy of each output for itself: whether a photo shows this, whatever else it shows.
///
///     L = Σₙ Σₖ wₖ · (−t·log σ(z) − (1−t)·log(1 − σ(z))) / (N·K)      t = (1−ε) · y + ε/max(K, 2)
///
/// computed as `max(z, 0) − z·t + log(1 + e^−|z|)`, finite for every finite logit. Gradient:
/// `wₖ·(σ(z) − t) / (N·K)`. Targets are in `0...1`, one-hot or with several ones. Sums are in Double.
/// Source: the definition of `torch.nn.BCEWithLogitsLoss`. Smoothing leaves a single output between
/// its two answers as it does many outputs between their classes.
public struct SigmoidCrossEntropy: Loss, Hashable {
  /// ε in `0..<1`: how much of the target is spread evenly.
  public let labelSmoothing: Float
  /// One weight for each output; nil where all count the same.
  public let classWeights: [Float]?

  /// A loss with this smoothing and these weights.
  ///
  /// - Precondition: smoothing in `0..<1`, positive weights.
  public init(labelSmoothing: Float = 0, classWeights: [Float]? = nil) {
    precondition((0..<1).contains(labelSmoothing), "label smoothing must be in 0..<1")
    precondition(
      classWeights?.allSatisfy { $0 > 0 && $0.isFinite } ?? true, "class weights must be positive")
    self.labelSmoothing = labelSmoothing
    self.classWeights = classWeights
  }

  /// The sum of the rows' losses divided by `total`; assigns its gradient.
  public func evaluate(
    _ logits: TensorView, targets: TensorView, total: Double, gradient: MutableTensorView?
  ) -> Double {
    let outputs = logits.shape.elementCountPerImage
    precondition(
      classWeights == nil || classWeights!.count == outputs, "one weight for each output")
    let scale = 1 / (total * Double(max(outputs, 1)))
    let keep = 1 - Double(labelSmoothing)
    let spread = Double(labelSmoothing) / Double(max(outputs, 2))
    return scale
      * sumOfRows(logits, targets, gradient) { z, y, dz in
        var sum = 0.0
        for k in 0..<outputs {
          let (z, t) = (Double(z[k]), spread + keep * Double(y[k]))
          let weight = Double(classWeights?[k] ?? 1)
          let e = exp(-abs(z))
          sum += weight * (max(z, 0) - z * t + log1p(e))
          dz?[k] = Float(scale * weight * ((z < 0 ? e : 1) / (1 + e) - t))
        }
        return sum
      }
  }
}
