public import GraftTensor

/// What a network says of labelled samples.
public struct Evaluation: Sendable {
  /// `[N, K]`, in the order of the samples.
  public let logits: Tensor
  /// The true classes.
  public let labels: [Int]
  /// Mean over the samples.
  public let loss: Double

  /// Runs a network over all samples, without augmentation.
  ///
  /// - Throws: where a sample cannot be read, or a label is beyond the network's outputs.
  public init(
    of network: any InferenceNetwork, on samples: some SampleSource, batchSize: Int,
    loss: any Loss = SoftmaxCrossEntropy()
  ) throws(TrainingError) {
    let indices = Array(0..<samples.count)
    var batch = BatchMemory(samples, batchSize: batchSize)
    var elements: [Float] = []
    var classes = 0
    for start in stride(from: 0, to: samples.count, by: batchSize) {
      let rows = indices[start..<min(start + batchSize, samples.count)]
      let logits = network.forward(try batch.read(rows, of: samples, epoch: nil), seed: 0)
      classes = logits.shape.elementCountPerImage
      elements.append(contentsOf: logits.elements)
    }
    let labels = samples.labels
    if let label = labels.first(where: { $0 < 0 || $0 >= classes }) {
      throw TrainingError(
        "a label is \(label); the network has \(classes) outputs", kind: .badData)
    }
    let logits = Tensor([labels.count, classes], elements)
    self.logits = logits
    self.labels = labels
    self.loss = logits.withUnsafeElements { _ in
      Double(loss.evaluate(logits.unsafeView, labels: labels, gradient: nil))
    }
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

/// Memory for the samples of one batch, made once and filled again and again.
struct BatchMemory {
  private let arena: Arena
  private let sampleShape: Shape
  private let layout: Layout

  init(_ samples: some SampleSource, batchSize: Int) {
    sampleShape = samples.sampleShape
    layout = samples.layout
    arena = Arena(count: min(batchSize, max(samples.count, 1)) * sampleShape.elementCount)
  }

  /// The samples of these indices, valid until the next call.
  mutating func read(
    _ indices: ArraySlice<Int>, of samples: some SampleSource, epoch: Int?
  ) throws(TrainingError) -> TensorView {
    try samples.read(indices, epoch: epoch, into: arena.base)
    return TensorView(
      Shape([indices.count] + sampleShape.dimensions), arena.base, layout: layout)
  }
}
