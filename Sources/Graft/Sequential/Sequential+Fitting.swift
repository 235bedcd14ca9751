import Foundation

extension Sequential {
  /// Trains on rows of `x` and `y`, in a new random order each epoch.
  ///
  /// The network then has the weights of the last epoch. Called again it goes on with those weights,
  /// and an optimizer that remembers nothing.
  ///
  /// - Parameters:
  ///   - y: as the loss wants it: one-hot rows, labels or numbers.
  ///   - validationSplit: this fraction of the rows, the **last** ones, is not learned from but judged
  ///     after each epoch.
  ///   - validationData: rows to judge instead.
  ///   - verbose: 0 says nothing; 1 and 2 a line for each epoch.
  ///   - seed: decides the order of the rows and what dropout drops.
  ///   - log: where the lines go; printed, unless given.
  ///   - onEpoch: hears of every epoch; answers `.stop` to end.
  /// - Throws: where shapes do not fit, or the loss is no longer finite.
  @discardableResult
  public func fit(
    _ x: Tensor, _ y: Tensor, batchSize: Int = 32, epochs: Int = 1, validationSplit: Double = 0,
    validationData: (x: Tensor, y: Tensor)? = nil, verbose: Int = 0, seed: UInt64 = 1,
    log: (String) -> Void = Sequential.printed,
    onEpoch: (EpochMetrics) -> Directive = { _ in .proceed }
  ) throws(GraftError) -> History {
    guard validationSplit >= 0, validationSplit < 1 else {
      throw GraftError(
        "validation split is \(validationSplit); expected 0 or a fraction below 1", kind: .usage)
    }
    let y = try targets(y, for: x)
    // As Keras rounds it.
    let count = Int((Double(x.shape[0]) * (1 - validationSplit)).rounded(.down))
    var validation: TensorSamples?
    if let (x, y) = validationData {
      validation = TensorSamples(x, try targets(y, for: x), 0..<x.shape[0])
    } else if count < x.shape[0] {
      validation = TensorSamples(x, y, count..<x.shape[0])
    }
    return try fit(
      TensorSamples(x, y, 0..<count), batchSize: batchSize, epochs: epochs,
      validation: validation, verbose: verbose, seed: seed, log: log, onEpoch: onEpoch)
  }

  /// Trains on samples that somebody else reads, for example with random changes.
  @discardableResult
  public func fit(
    _ samples: some SampleSource, batchSize: Int = 32, epochs: Int = 1,
    validation: (any SampleSource)? = nil, verbose: Int = 0, seed: UInt64 = 1,
    log: (String) -> Void = Sequential.printed,
    onEpoch: (EpochMetrics) -> Directive = { _ in .proceed }
  ) throws(GraftError) -> History {
    let (settings, start) = try compiled()
    let options = TrainingOptions(
      epochs: epochs, batchSize: batchSize, learningRate: settings.optimizer.learningRate,
      weightDecay: 0, optimizer: "sgd", schedule: "constant", patience: max(epochs, 1),
      labelSmoothing: 0, seed: seed)
    var lines = EpochLines(settings, epochs: epochs, samples: samples.count, batchSize: batchSize)
    var measured: [EpochMetrics] = []
    let last = try lifting { () throws(TrainingError) in
      let trainer = try Trainer(
        options, loss: settings.loss.rule, optimizer: settings.optimizer.rule)
      let network = try TrainableSession(
        start.usingBatchStatistics(true), batchSize: options.batchSize)
      var last: Graph?
      _ = try trainer.fit(network, training: samples, validation: validation) { event in
        guard case .epochEnded(let metrics) = event else { return .proceed }
        measured.append(metrics)
        if verbose > 0 { lines.next(metrics).forEach(log) }
        let directive = onEpoch(metrics)
        // The trainer ends with the best weights; Keras with the last.
        if directive == .stop || metrics.epoch == epochs { last = network.snapshot() }
        return directive
      }
      return last
    }
    if let last { adopt(last) }
    return History(epochs: measured)
  }

  /// Measures loss and accuracy on rows of `x` and `y`.
  public func evaluate(
    _ x: Tensor, _ y: Tensor, batchSize: Int = 32
  ) throws(GraftError) -> Score {
    let (settings, graph) = try compiled()
    let samples = TensorSamples(x, try targets(y, for: x), 0..<x.shape[0])
    let evaluation = try lifting { () throws(TrainingError) in
      try Evaluation(
        of: TrainableSession(graph, batchSize: max(batchSize, 1)), on: samples,
        batchSize: max(batchSize, 1), loss: settings.loss.rule)
    }
    return Score(loss: evaluation.loss, accuracy: evaluation.accuracy.value)
  }

  /// Prints a line at once, also where the output is a file.
  public static func printed(_ line: String) {
    print(line)
    fflush(nil)
  }

  /// Targets `[N, K]` of what the caller gave.
  private func targets(_ y: Tensor, for x: Tensor) throws(GraftError) -> Tensor {
    let (settings, graph) = try compiled()
    try checkInput(x)
    let shapes = try lifting { () throws(GraphError) in try graph.shapes(batchSize: 1) }
    let outputs = shapes[graph.outputs[0]]?.elementCountPerImage ?? 0
    guard x.shape[0] > 0 else { throw GraftError("x has no rows; expected at least one") }
    guard y.shape.rank > 0, y.shape[0] == x.shape[0] else {
      throw GraftError("x has \(x.shape[0]) rows, y has shape \(y.shape); expected as many")
    }
    guard settings.loss == .sparseCategoricalCrossentropy else {
      guard y.shape.elementCountPerImage == outputs else {
        throw GraftError(
          "y has shape \(y.shape); the model gives [\(x.shape[0]), \(outputs)]",
          hints: settings.loss == .categoricalCrossentropy && y.shape.elementCountPerImage == 1
            ? ["For labels 0, 1, 2 … the loss is sparseCategoricalCrossentropy."] : [])
      }
      return y.reshaped(to: [x.shape[0], outputs])
    }
    guard y.shape.elementCountPerImage == 1 else {
      throw GraftError(
        "y has shape \(y.shape); expected one label for each row",
        hints: ["For one-hot rows the loss is categoricalCrossentropy."])
    }
    if let wrong = y.elements.first(where: { !(0..<outputs).map(Float.init).contains($0) }) {
      throw GraftError("a label is \(wrong); expected 0 to \(outputs - 1)")
    }
    return Targets.oneHot(y.elements.map { Int($0) }, classes: outputs)
  }
}

/// The lines of a run, as Keras words them: `240/240 - 2s - 8ms/step - accuracy: 0.8712 - loss: …`.
private struct EpochLines {
  private let showsAccuracy: Bool
  private let epochs: Int
  private let steps: Int
  private var start = ContinuousClock.now

  init(_ settings: Sequential.Settings, epochs: Int, samples: Int, batchSize: Int) {
    showsAccuracy = settings.metrics.contains(.accuracy)
    self.epochs = epochs
    steps = (samples + max(batchSize, 1) - 1) / max(batchSize, 1)
  }

  mutating func next(_ metrics: EpochMetrics) -> [String] {
    let time = start.duration(to: .now) / .seconds(1)
    start = .now
    var parts = [
      "\(steps)/\(steps)", "\(Int(time.rounded()))s",
      "\(Int((1000 * time / Double(max(steps, 1))).rounded()))ms/step",
    ]
    func add(_ name: String, _ value: Double?) {
      if let value { parts.append("\(name): \(String(format: "%.4f", value))") }
    }
    if showsAccuracy { add("accuracy", metrics.trainingAccuracy) }
    add("loss", metrics.trainingLoss)
    if showsAccuracy { add("val_accuracy", metrics.validationAccuracy) }
    add("val_loss", metrics.validationLoss)
    return ["Epoch \(metrics.epoch)/\(epochs)", parts.joined(separator: " - ")]
  }
}
