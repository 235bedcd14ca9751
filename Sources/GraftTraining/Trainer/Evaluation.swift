import GraftData
public import GraftTensor

/// What a network says of labelled samples.
public struct Evaluation: Sendable {
  /// `[N, K]`, in the order of the samples.
  public let logits: Tensor
  /// The true classes.
  public let labels: [Int]
  /// What the network should have said, where that is no class.
  public let targets: Tensor?
  /// Mean over the samples.
  public let loss: Double

  /// Runs a network over all samples, without augmentation.
  ///
  /// - Throws: where a sample cannot be read, or a label is beyond the network's outputs.
  public init(
    of network: any InferenceNetwork, on samples: some SampleSource, batchSize: Int,
    loss: any Loss = SoftmaxCrossEntropy()
  ) throws(TrainingError) {
    let (indices, labels) = (Array(0..<samples.count), samples.labels)
    var batch = BatchMemory(samples, batchSize: batchSize)
    var elements: [Float] = []
    var (lossSum, weightSum) = (0.0, 0.0)
    var outputs = 0
    for start in stride(from: 0, to: samples.count, by: batchSize) {
      let range = start..<min(start + batchSize, samples.count)
      let rows = indices[range]
      samples.prefetch(indices.dropFirst(range.upperBound).prefix(batchSize), epoch: nil)
      let logits = network.infer(try batch.read(rows, of: samples, epoch: nil).readOnly)
      outputs = logits.shape.elementCountPerImage
      if samples.targets == nil, let label = labels[range].first(where: { $0 < 0 || $0 >= outputs })
      {
        throw TrainingError(
          "a label is \(label); the network has \(outputs) outputs", kind: .badData)
      }
      elements.append(contentsOf: logits.elements)
      let targets = batch.targets(of: rows, in: samples, outputs: outputs).readOnly
      let weight = loss.weight(of: targets)
      weightSum += weight
      lossSum += loss.evaluate(logits, targets: targets, total: 1, gradient: nil)
    }
    logits = Tensor([samples.count, outputs], elements)
    self.labels = labels
    targets = samples.targets
    self.loss = weightSum > 0 ? lossSum / weightSum : 0
  }
}

// MARK: - Predictions

extension Evaluation {
  /// The predicted class of each sample.
  public var predictions: [Int] {
    logits.withUnsafeElements { _ in Self.predictions(in: logits.unsafeView) }
  }

  /// How many predictions are right.
  public var accuracy: Accuracy {
    logits.withUnsafeElements { _ in Accuracy(logits: logits.unsafeView, labels: labels) }
  }

  /// How many answers are right.
  func accuracy(of task: LearningTask) -> Accuracy {
    guard let targets else { return accuracy }
    return logits.withUnsafeElements { _ in
      targets.withUnsafeElements { _ in
        task.accuracy(logits: logits.unsafeView, labels: labels, targets: targets.unsafeView)
      }
    }
  }

  /// Labels against predictions.
  public var confusion: ConfusionMatrix {
    ConfusionMatrix(classCount: logits.shape[1], labels: labels, predictions: predictions)
  }

  /// The class with the highest logit in each row of `[N, K]`, the first of equals.
  public static func predictions(in logits: TensorView) -> [Int] {
    let classes = logits.shape.elementCountPerImage
    return (0..<logits.shape[0]).map { row in
      let z = logits.base + row * classes
      var best = 0
      for k in 1..<max(classes, 1) where z[k] > z[best] { best = k }
      return best
    }
  }
}

/// Memory for the samples of one batch and their targets, made once and filled again and again.
struct BatchMemory {
  private let arena: Arena
  private var targetArena = Arena(count: 0)
  private let capacity: Int
  private let sampleShape: Shape
  private let layout: Layout

  init(_ samples: some SampleSource, batchSize: Int) {
    sampleShape = samples.sampleShape
    layout = samples.layout
    capacity = min(batchSize, max(samples.count, 1))
    arena = Arena(count: capacity * sampleShape.elementCount)
  }

  /// The samples of these indices, valid until the next call.
  mutating func read(
    _ indices: ArraySlice<Int>, of samples: some SampleSource, epoch: Int?
  ) throws(TrainingError) -> MutableTensorView {
    try samples.read(indices, epoch: epoch, into: arena.base)
    return MutableTensorView(
      Shape([indices.count] + sampleShape.dimensions), arena.base, layout: layout)
  }

  /// The targets of these indices, `[n, outputs]`, valid until the next call.
  mutating func targets(
    of indices: ArraySlice<Int>, in samples: some SampleSource, outputs: Int
  ) -> MutableTensorView {
    if targetArena.count < capacity * outputs { targetArena = Arena(count: capacity * outputs) }
    samples.writeTargets(of: indices, outputs: outputs, into: targetArena.base)
    return MutableTensorView([indices.count, outputs], targetArena.base)
  }
}
