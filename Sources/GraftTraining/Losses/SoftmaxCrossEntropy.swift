public import GraftTensor

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Cross-entropy of the softmax of logits: `L = Σₙ w[yₙ] · −log softmax(zₙ)[yₙ] / Σₙ w[yₙ]`.
///
/// With smoothing ε over K classes the target of a sample is `(1−ε)·onehot(y) + ε/K`, each class's
/// term weighted by its own weight. Gradient of a row, for target t:
/// `(softmax(z) · Σₖ wₖ·tₖ − w·t) / Σₙ w[yₙ]`.
///
/// Exponentials are of `z − max z`, hence at most 1; sums are in Double, in the order of the rows.
/// Source: the definition of `torch.nn.CrossEntropyLoss`, whose numbers the tests reproduce.
public struct SoftmaxCrossEntropy: Loss, Hashable {
  /// ε in `0..<1`: how much of the target is spread evenly over the classes.
  public let labelSmoothing: Float
  /// One weight for each class, for unbalanced classes; nil where all count the same.
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

  /// Mean loss of the batch; assigns its gradient.
  public func evaluate(
    _ logits: TensorView, labels: some Collection<Int>, gradient: MutableTensorView?
  ) -> Float {
    let classes = logits.shape.elementCountPerImage
    precondition(labels.count == logits.shape[0], "one label for each row of logits")
    precondition(labels.allSatisfy { $0 >= 0 && $0 < classes }, "a label beyond \(classes) classes")
    precondition(classWeights == nil || classWeights!.count == classes, "one weight for each class")
    precondition(gradient == nil || gradient!.count == logits.count, "a gradient for each logit")

    let weights = classWeights.map { $0.map(Double.init) } ?? Array(repeating: 1, count: classes)
    let total = labels.reduce(0) { $0 + weights[$1] }
    guard total > 0 else { return 0 }
    var loss = 0.0
    for (row, label) in labels.enumerated() {
      let offset = row * classes
      loss += evaluateRow(
        UnsafeBufferPointer(start: logits.base + offset, count: classes), label: label,
        weights: weights, scale: 1 / total, gradient: gradient.map { $0.base + offset })
    }
    return Float(loss / total)
  }

  /// The weighted loss of one sample, before division by the total weight.
  private func evaluateRow(
    _ z: UnsafeBufferPointer<Float>, label: Int, weights: [Double], scale: Double,
    gradient: UnsafeMutablePointer<Float>?
  ) -> Double {
    let maximum = Double(z.max() ?? 0)
    var sum = 0.0
    for value in z { sum += exp(Double(value) - maximum) }
    let logSum = log(sum)

    let spread = Double(labelSmoothing) / Double(z.count)
    var loss = 0.0
    var targetWeight = 0.0
    for k in 0..<z.count {
      let target = weights[k] * (spread + (k == label ? 1 - Double(labelSmoothing) : 0))
      guard target > 0 else { continue }
      targetWeight += target
      loss -= target * (Double(z[k]) - maximum - logSum)
    }
    guard let gradient else { return loss }
    for k in 0..<z.count {
      let target = weights[k] * (spread + (k == label ? 1 - Double(labelSmoothing) : 0))
      let probability = exp(Double(z[k]) - maximum) / sum
      gradient[k] = Float(scale * (probability * targetWeight - target))
    }
    return loss
  }
}

extension SoftmaxCrossEntropy {
  /// Probabilities of the classes: the softmax of one row of logits.
  ///
  /// Exponentials are of `z − max z`, sums in Double.
  public static func probabilities(of logits: some Collection<Float>) -> [Float] {
    let maximum = Double(logits.max() ?? 0)
    let exponentials = logits.map { exp(Double($0) - maximum) }
    let sum = exponentials.reduce(0, +)
    return exponentials.map { Float($0 / sum) }
  }
}
