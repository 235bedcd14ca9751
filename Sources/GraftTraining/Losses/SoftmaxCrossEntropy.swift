public import GraftTensor

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Cross-entropy of the softmax of logits with targets y, usually one-hot:
///
///     L = Σₙ Σₖ wₖ · tₙₖ · −log softmax(zₙ)ₖ / Σₙ Σₖ wₖ · yₙₖ        t = (1−ε) · y + ε/K
///
/// with smoothing ε over K classes and a weight w for each class. Gradient of a row:
/// `(softmax(z) · Σₖ wₖ·tₖ − w·t) / Σₙ Σₖ wₖ·yₙₖ`.
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

  /// The weights of the targets' classes: `Σₙ Σₖ w[k] · t[n, k]`.
  public func weight(of targets: TensorView) -> Double {
    guard let classWeights else { return Double(targets.shape[0]) }
    precondition(
      classWeights.count == targets.shape.elementCountPerImage, "one weight for each class")
    var total = 0.0
    for row in 0..<targets.shape[0] {
      for (k, weight) in classWeights.enumerated() {
        total += Double(weight) * Double(targets.base[row * classWeights.count + k])
      }
    }
    return total
  }

  /// The sum of the rows' losses divided by `total`; assigns its gradient.
  public func evaluate(
    _ logits: TensorView, targets: TensorView, total: Double, gradient: MutableTensorView?
  ) -> Double {
    let classes = logits.shape.elementCountPerImage
    precondition(targets.count == logits.count, "a target for each logit")
    precondition(classWeights == nil || classWeights!.count == classes, "one weight for each class")
    precondition(gradient == nil || gradient!.count == logits.count, "a gradient for each logit")
    guard total > 0 else { return 0 }
    let weights = classWeights.map { $0.map(Double.init) } ?? Array(repeating: 1, count: classes)
    var loss = 0.0
    for row in 0..<logits.shape[0] {
      let offset = row * classes
      loss += evaluateRow(
        UnsafeBufferPointer(start: logits.base + offset, count: classes),
        targets: targets.base + offset, weights: weights, scale: 1 / total,
        gradient: gradient.map { $0.base + offset })
    }
    return loss / total
  }

  /// The weighted loss of one sample, before division by the total weight.
  private func evaluateRow(
    _ z: UnsafeBufferPointer<Float>, targets: UnsafePointer<Float>, weights: [Double],
    scale: Double, gradient: UnsafeMutablePointer<Float>?
  ) -> Double {
    let maximum = Double(z.max() ?? 0)
    var sum = 0.0
    for value in z { sum += exp(Double(value) - maximum) }
    let logSum = log(sum)

    let keep = 1 - Double(labelSmoothing)
    let spread = Double(labelSmoothing) / Double(z.count)
    var loss = 0.0
    var targetWeight = 0.0
    for k in 0..<z.count {
      let target = weights[k] * (spread + keep * Double(targets[k]))
      guard target > 0 else { continue }
      targetWeight += target
      loss -= target * (Double(z[k]) - maximum - logSum)
    }
    guard let gradient else { return loss }
    for k in 0..<z.count {
      let target = weights[k] * (spread + keep * Double(targets[k]))
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
