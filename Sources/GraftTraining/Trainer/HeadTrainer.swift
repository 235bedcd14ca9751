public import GraftGraph
public import GraftRuntime
import GraftTensor

/// Trains a head on features of a frozen backbone, kept in memory: with ``Trainer``, or with
/// ``FullBatchTrainer`` where the optimizer is one that sees all samples.
public struct HeadTrainer {
  /// What a run learned, and under which settings.
  public struct Outcome: Sendable {
    /// The graph with the weights of the best epoch.
    public let result: TrainingResult<Graph>
    /// As asked for, with the learning rate that was chosen.
    public let options: TrainingOptions
  }

  /// As asked for; ``resolvedOptions(for:)`` fills in what follows from the features.
  public let options: TrainingOptions

  /// - Throws: a setting outside its range, or an unknown name.
  public init(_ options: TrainingOptions = TrainingOptions()) throws(TrainingError) {
    if options.seesAllSamples {
      _ = try FullBatchTrainer(options)
    } else {
      _ = try Trainer(options)
    }
    self.options = options
  }

  /// Trains the parameters of `head` that are trainable; its first output are logits.
  ///
  /// Where the settings leave the learning rate open, it follows from the scale of the features.
  ///
  /// - Throws: where features, labels and head do not fit, or the run diverged before any epoch was
  ///   complete.
  public func fit(
    _ head: Graph, training: FeatureSet, validation: FeatureSet?,
    planOptions: PlanOptions = .init(),
    onEvent: (TrainingEvent) throws(TrainingError) -> Directive = { _ in .proceed }
  ) throws(TrainingError) -> Outcome {
    guard head.inputs.first?.imageShape == training.sampleShape else {
      throw TrainingError(
        "features have shape \(training.sampleShape); the head takes "
          + (head.inputs.first.map { "\($0.imageShape)" } ?? "nothing"), kind: .badData)
    }
    let options = try resolvedOptions(for: training)
    let network = try TrainableSession(
      head, batchSize: options.batchOfParts, planOptions: planOptions)
    let result =
      options.seesAllSamples
      ? try FullBatchTrainer(options)
        .fit(network, training: training, validation: validation, onEvent: onEvent)
      : try Trainer(options)
        .fit(network, training: training, validation: validation, onEvent: onEvent)
    return Outcome(result: result, options: options)
  }

  /// The settings with everything chosen that depends on the features.
  public func resolvedOptions(
    for training: FeatureSet
  ) throws(TrainingError) -> TrainingOptions {
    var options = options
    options.batchSize = min(options.batchSize, max(training.count, 1))
    if options.learningRate == nil, !options.seesAllSamples {
      options.learningRate = try OptimizerCatalog.defaultRate(
        options.optimizer, inputScale: try training.scale())
    }
    return options
  }
}

extension FeatureSet {
  /// Root mean square of the features, those of rank 3 averaged over their pixels first.
  ///
  /// The size of what a head multiplies its weights with: initial weights and learning rates that
  /// are divided by it work for every backbone. Normal initial weights of deviation 0.001 / scale
  /// are small enough that seeds differ in the order of the samples only.
  ///
  /// - Throws: where a feature is not finite. 1 where all features are zero.
  public func scale() throws(TrainingError) -> Float {
    let channels = sampleShape.dimensions.first ?? 1
    let pixels = sampleShape.elementCountPerImage
    let channelStride = layout == .channelsLast ? 1 : pixels
    let pixelStride = layout == .channelsLast ? channels : 1
    var sum = 0.0
    features.withUnsafeElements { elements in
      for row in 0..<count {
        for channel in 0..<channels {
          let start = row * channels * pixels + channel * channelStride
          var channelSum = 0.0
          for pixel in 0..<pixels { channelSum += Double(elements[start + pixel * pixelStride]) }
          let mean = channelSum / Double(max(pixels, 1))
          sum += mean * mean
        }
      }
    }
    guard sum.isFinite else {
      throw TrainingError(
        "some features are not finite numbers", kind: .badData,
        hints: ["The backbone may have bad weights; 'graft inspect' tells."])
    }
    return sum > 0 ? Float((sum / Double(count * channels)).squareRoot()) : 1
  }
}
