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
/// `wₖ·(σ(z) − t) / (N·K)`. With weights p of positive answers, `pₖ·t` stands in place of t in the first
/// term, and the gradient is `wₖ·((1 − t)·σ(z) − pₖ·t·(1 − σ(z))) / (N·K)`. Targets are in `0...1`, one-hot or with several ones. Sums are in Double.
/// Source: the definition of `torch.nn.BCEWithLogitsLoss`. Smoothing leaves a single output between
/// its two answers as it does many outputs between their classes.
public struct SigmoidCrossEntropy: Loss, Hashable {
  /// ε in `0..<1`: how much of the target is spread evenly.
  public let labelSmoothing: Float
  /// One weight for each output; nil where all count the same.
  public let classWeights: [Float]?
  /// One weight for each output's positive answers, so that labels that few photos have are not
  /// drowned by the photos without them; nil where both answers count the same.
  public let positiveWeights: [Float]?

  /// A loss with this smoothing and these weights.
  ///
  /// - Precondition: smoothing in `0..<1`, positive weights.
  public init(
    labelSmoothing: Float = 0, classWeights: [Float]? = nil, positiveWeights: [Float]? = nil
  ) {
    precondition((0..<1).contains(labelSmoothing), "label smoothing must be in 0..<1")
    precondition(
      classWeights?.allSatisfy { $0 > 0 && $0.isFinite } ?? true, "class weights must be positive")
    precondition(
      positiveWeights?.allSatisfy { $0 > 0 && $0.isFinite } ?? true,
      "weights of positive answers must be positive")
    self.labelSmoothing = labelSmoothing
    self.classWeights = classWeights
    self.positiveWeights = positiveWeights
  }

  /// The sum of the rows' losses divided by `total`; assigns its gradient.
  public func evaluate(
    _ logits: TensorView, targets: TensorView, total: Double, gradient: MutableTensorView?
  ) -> Double {
    let outputs = logits.shape.elementCountPerImage
    precondition(
      classWeights == nil || classWeights!.count == outputs, "one weight for each output")
    precondition(
      positiveWeights == nil || positiveWeights!.count == outputs, "one weight for each output")
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
          if let positiveWeights {
            let (positive, negative) = (Double(positiveWeights[k]) * t, 1 - t)
            let (p, rest) = ((z < 0 ? e : 1) / (1 + e), (z < 0 ? 1 : e) / (1 + e))
            sum += weight * (positive * max(-z, 0) + negative * max(z, 0))
            sum += weight * (positive + negative) * log1p(e)
            dz?[k] = Float(scale * weight * (negative * p - positive * rest))
            continue
          }
          sum += weight * (max(z, 0) - z * t + log1p(e))
          dz?[k] = Float(scale * weight * ((z < 0 ? e : 1) / (1 + e) - t))
        }
        return sum
      }
  }
}
