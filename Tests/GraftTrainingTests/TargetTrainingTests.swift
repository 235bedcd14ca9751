import GraftData
import GraftTensor
import GraftTraining
import Testing

/// Training on several labels and on numbers.
@Suite struct TargetTrainingTests {
  /// Labels that depend on one feature each, the third seldom there, or sums of features.
  private func samples(_ count: Int, seed: UInt64, numbers: Bool = false) throws -> FeatureSet {
    var generator = SeededGenerator(seed)
    var (features, targets): ([Float], [Float]) = ([], [])
    for _ in 0..<count {
      let x = (0..<4).map { _ in generator.normal() }
      features += x
      targets +=
        numbers
        ? [2 * x[0] - x[1], x[2] + 0.5, 0.25]
        : [x[0] > 0 ? 1 : 0, x[1] > 0.3 ? 1 : 0, x[2] > 1.2 ? 1 : 0]
    }
    return try FeatureSet(
      features: Tensor([count, 4], features), labels: Array(repeating: 0, count: count),
      targets: Tensor([count, 3], targets))
  }

  private func options(_ task: LearningTask, optimizer: String = "adamw") -> TrainingOptions {
    TrainingOptions(
      epochs: 40, batchSize: 16, learningRate: optimizer == "lbfgs" ? nil : 0.05,
      weightDecay: 0.001, optimizer: optimizer, patience: 40, loss: task.usualLoss,
      labelSmoothing: 0, task: task)
  }

  private func trained(
    _ options: TrainingOptions, numbers: Bool = false
  ) throws -> TrainingResult<[Float]> {
    let network = LinearNetwork(inputs: 4, outputs: 3)
    let (training, validation) = (
      try samples(160, seed: 1, numbers: numbers), try samples(80, seed: 2, numbers: numbers)
    )
    return options.seesAllSamples
      ? try FullBatchTrainer(options).fit(network, training: training, validation: validation)
      : try Trainer(options).fit(network, training: training, validation: validation)
  }

  @Test(arguments: ["adamw", "lbfgs"]) func learnsLabels(_ optimizer: String) throws {
    let result = try trained(options(.multiLabel, optimizer: optimizer))
    let best = result.epochs[result.bestEpoch - 1]
    let precisions = result.epochs.compactMap(\.validationAveragePrecision)
    #expect(precisions.count == result.epochs.count)
    #expect(best.validationAveragePrecision == precisions.max())
    #expect(best.validationAveragePrecision! > 0.97)
    #expect(best.validationAccuracy! > 0.8 && best.trainingAccuracy! > 0.7)
    // What was kept is what was judged.
    let targets = try samples(80, seed: 2).targets
    let report = MultiLabelReport(
      logits: result.validationLogits?.elements ?? [], targets: targets?.elements ?? [],
      labelCount: 3)
    #expect(report.meanAveragePrecision == best.validationAveragePrecision)
    #expect(report.exactMatch.value == best.validationAccuracy)
  }

  @Test(arguments: ["mean-squared-error", "huber", "half-squared-error"])
  func learnsNumbers(_ loss: String) throws {
    var options = options(.regression)
    options.loss = loss
    let result = try trained(options, numbers: true)
    let best = result.epochs[result.bestEpoch - 1]
    #expect(best.validationLoss == result.epochs.compactMap(\.validationLoss).min())
    #expect(best.validationLoss! < 0.02)
    #expect(best.trainingAccuracy == nil && best.validationAccuracy == nil)
    #expect(best.validationAveragePrecision == nil)
  }

  @Test func positiveWeightsFindWhatIsSeldom() throws {
    func recall(_ weights: [Float]?) throws -> Double {
      var options = options(.multiLabel)
      (options.positiveWeights, options.epochs) = (weights, 8)
      let result = try trained(options)
      let targets = try samples(80, seed: 2).targets?.elements ?? []
      return MultiLabelReport(
        logits: result.validationLogits?.elements ?? [], targets: targets, labelCount: 3
      ).perLabel[2].recall
    }
    #expect(try recall([1, 1, 8]) > recall(nil))
  }

  /// Stopped in the middle and gone on with, the weights are those of a run that was not.
  @Test func goesOnWhereItWas() throws {
    let (training, validation) = (try samples(48, seed: 1), try samples(32, seed: 2))
    var states: [TrainingState] = []
    let whole = try Trainer(options(.multiLabel)).fit(
      LinearNetwork(inputs: 4, outputs: 3), training: training, validation: validation
    ) { _ in
      .proceed
    } onCheckpoint: {
      states.append($0)
    }
    let rest = try Trainer(options(.multiLabel)).fit(
      LinearNetwork(inputs: 4, outputs: 3), training: training, validation: validation,
      resuming: states[10])
    #expect(rest.weights == whole.weights)
    #expect(rest.epochs == whole.epochs)
  }

  @Test func refusesWhatDoesNotFit() throws {
    var labels = options(.multiLabel)
    labels.loss = "cross-entropy"
    #expect {
      try Trainer(labels)
    } throws: {
      "\($0)" == "the loss cross-entropy does not fit multi-label; expected sigmoid-cross-entropy"
    }
    var mixed = options(.regression)
    mixed.mixing = "mixup"
    #expect { try Trainer(mixed) } throws: { "\($0)" == "numbers of two photos cannot be mixed" }
    var smoothed = options(.multiLabel)
    smoothed.labelSmoothing = 0.1
    #expect {
      try Trainer(smoothed)
    } throws: {
      "\($0)" == "label smoothing is for photos of one class; expected 0 for multi-label"
    }
    let network = LinearNetwork(inputs: 4, outputs: 2)
    #expect {
      try Trainer(options(.multiLabel)).fit(network, training: samples(8, seed: 1), validation: nil)
    } throws: {
      "\($0)"
        == "targets have shape [8, 3]; expected [8, 2], a number for each output of the network"
    }
  }

  @Test func readsSettingsThatAreOlder() throws {
    let json = try Report(
      model: "m", classes: ["a"], settings: options(.multiLabel),
      split: .init(training: [], validation: []),
      epochs: [], bestEpoch: 1, validation: nil
    ).json()
    #expect(try Report(json: json).settings.task == .multiLabel)
    let usual = try Report(
      model: "m", classes: ["a"], settings: .init(), split: .init(training: [], validation: []),
      epochs: [], bestEpoch: 1, validation: nil
    ).json()
    #expect(!usual.contains("task") && !usual.contains("positiveWeights"))
    #expect(try Report(json: usual).settings == TrainingOptions())
  }
}
