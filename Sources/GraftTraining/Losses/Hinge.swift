public import GraftTensor

/// Hinge loss of several classes: the right class has to lead each other one by a margin of 1.
///
///     L = Σₙ Σₖ wₖ · tₙₖ · Σ_{j≠k} max(0, 1 − zₙₖ + zₙⱼ) / (N·K)       t = (1−ε) · y + ε/K
///
/// What leads by more costs nothing and teaches nothing, so the network learns from the doubtful
/// samples alone. Gradient by zⱼ and −zₖ: `wₖ·tₖ / (N·K)` for each lead below the margin, 0 at the
/// margin itself.
///
/// Class weights do not change what is divided by, as in `torch.nn.MultiMarginLoss`. Outputs that
/// learned from it lead by margins; what softmax makes of them are no measured probabilities. Sums
/// are in Double.
/// Source: Weston, Watkins, "Support vector machines for multi-class pattern recognition", ESANN 1999.
public struct Hinge: Loss, Hashable {
  /// ε in `0..<1`: how much of the target is spread evenly over the classes.
  public let labelSmoothing: Float
  /// One weight for each class; nil where all count the same.
  public let classWeights: [Float]?

  /// A loss with a margin of 1.
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
    _ outputs: TensorView, targets: TensorView, total: Double, gradient: MutableTensorView?
  ) -> Double {
    let classes = outputs.shape.elementCountPerImage
    precondition(classWeights == nil || classWeights!.count == classes, "one weight for each class")
    guard total > 0 else { return 0 }
    let keep = 1 - Double(labelSmoothing)
    let spread = Double(labelSmoothing) / Double(max(classes, 1))
    let divisor = total * Double(max(classes, 1))
    var slopes = [Double](repeating: 0, count: classes)
    let loss = sumOfRows(outputs, targets, gradient) { z, y, dz in
      var loss = 0.0
      for k in 0..<classes { slopes[k] = 0 }
      for k in 0..<classes {
        let target = Double(classWeights?[k] ?? 1) * (spread + keep * Double(y[k]))
        guard target != 0 else { continue }
        for j in 0..<classes where j != k {
          let missing = 1 - Double(z[k]) + Double(z[j])
          guard missing > 0 else { continue }
          loss += target * missing
          slopes[j] += target
          slopes[k] -= target
        }
      }
      guard let dz else { return loss }
      for k in 0..<classes { dz[k] = Float(slopes[k] / divisor) }
      return loss
    }
    return loss / divisor
  }
}
