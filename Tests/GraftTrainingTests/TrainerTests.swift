import GraftGraph
import GraftTensor
import GraftTraining
import Testing

@Suite struct TrainerTests {
  /// Three noisy clusters, some of the samples for validation.
  static func clusters(_ count: Int, seed: UInt64, spread: Float = 1) throws -> FeatureSet {
    var generator = SeededGenerator(seed)
    let labels = (0..<count).map { $0 % 3 }
    let features = labels.flatMap { label in
      (0..<8).map { feature in (feature % 3 == label ? 1.5 : 0) + spread * generator.normal() }
    }
    return try FeatureSet(features: Tensor([count, 8], features), labels: labels)
  }

  func options(epochs: Int = 20, rate: Float? = 0.05, seed: UInt64 = 1) -> TrainingOptions {
    TrainingOptions(epochs: epochs, batchSize: 16, learningRate: rate, patience: 50, seed: seed)
  }

  @Test func learns() throws {
    let network = LinearNetwork(inputs: 8, outputs: 3)
    let result = try Trainer(options()).fit(
      network, training: Self.clusters(120, seed: 1), validation: Self.clusters(60, seed: 2))
    #expect(result.outcome == .completed)
    #expect(result.epochs.count == 20)
    let best = result.epochs[result.bestEpoch - 1]
    #expect(best.validationAccuracy! > 0.85)
    let highest = result.epochs.compactMap(\.validationAccuracy).max()
    #expect(best.validationAccuracy == highest)
    #expect(
      best.validationLoss!
        == result.epochs.filter { $0.validationAccuracy == highest }.map { $0.validationLoss! }
        .min())
    #expect(best.isBest)
    // What was kept is what was judged.
    let judged = try Evaluation(
      of: LinearNetwork(inputs: 8, outputs: 3, weights: result.weights),
      on: Self.clusters(60, seed: 2), batchSize: 7)
    #expect(abs(judged.loss - best.validationLoss!) < 1e-12)  // batches of 7, not of 16
    #expect(judged.logits == result.validationLogits)
    #expect(judged.confusion.accuracy.value == best.validationAccuracy!)
  }

  @Test(arguments: OptimizerCatalog.names) func everyOptimizerLearns(name: String) throws {
    var options = options(rate: nil)
    options.optimizer = name
    options.epochs = 60
    let result = try Trainer(options).fit(
      LinearNetwork(inputs: 8, outputs: 3), training: Self.clusters(120, seed: 1),
      validation: Self.clusters(60, seed: 2))
    #expect(result.epochs.last!.trainingLoss < 0.75 * result.epochs[0].trainingLoss)
  }

  /// One-cycle moves the usual momentum; one that was asked for stays.
  @Test func momentumMovesUnlessItWasAskedFor() throws {
    func run(_ schedule: String, _ momentum: Float?) throws -> [Float] {
      var options = options(epochs: 3)
      (options.optimizer, options.schedule, options.momentum) = ("sgd", schedule, momentum)
      return try Trainer(options).fit(
        LinearNetwork(inputs: 8, outputs: 3), training: Self.clusters(50, seed: 1), validation: nil
      ).weights
    }
    #expect(try run("cosine", nil) == run("cosine", 0.9))
    #expect(try run("one-cycle", nil) != run("one-cycle", 0.9))
    #expect(try run("one-cycle", 0.9) != run("one-cycle", 0.5))
  }

  @Test func sameSeedSameWeights() throws {
    func run(_ seed: UInt64) throws -> [Float] {
      try Trainer(options(epochs: 3, seed: seed)).fit(
        LinearNetwork(inputs: 8, outputs: 3), training: Self.clusters(50, seed: 1), validation: nil
      ).weights
    }
    #expect(try run(1) == run(1))
    #expect(try run(1) != run(2))
  }

  @Test func everySampleOnceAnEpoch() throws {
    let network = LinearNetwork(inputs: 1, outputs: 2)
    let samples = try FeatureSet(
      features: Tensor([37, 1], (0..<37).map(Float.init)), labels: (0..<37).map { $0 % 2 })
    _ = try Trainer(options(epochs: 2, rate: 1e-6)).fit(
      network, training: samples, validation: nil)
    #expect(network.batchSizes == [16, 16, 5, 16, 16, 5])
    let (first, second) = (network.seen.prefix(37), network.seen.suffix(37))
    #expect(first.sorted() == (0..<37).map(Float.init))
    #expect(second.sorted() == (0..<37).map(Float.init))
    #expect(Array(first) != Array(second))
  }

  @Test func stopsWithoutImprovement() throws {
    // Labels that say nothing: validation soon gets worse.
    var generator = SeededGenerator(9)
    func noise(_ count: Int) throws -> FeatureSet {
      let features = (0..<count * 8).map { _ in generator.normal() }
      return try FeatureSet(
        features: Tensor([count, 8], features), labels: (0..<count).map { $0 % 3 })
    }
    var options = options(epochs: 200)
    options.patience = 4
    let result = try Trainer(options).fit(
      LinearNetwork(inputs: 8, outputs: 3), training: noise(20), validation: noise(60))
    #expect(result.outcome == .noImprovement)
    #expect(result.epochs.count == result.bestEpoch + 4)
  }

  @Test func callerStops() throws {
    let network = LinearNetwork(inputs: 8, outputs: 3)
    var steps = 0
    let result = try Trainer(options()).fit(
      network, training: Self.clusters(64, seed: 1), validation: Self.clusters(30, seed: 2)
    ) { event in
      guard case .stepEnded(let metrics) = event else { return .proceed }
      steps += 1
      #expect(metrics.stepsPerEpoch == 4)
      return steps == 10 ? .stop : .proceed
    }
    #expect(result.outcome == .stopped)
    #expect(steps == 10)
    #expect(result.epochs.count == 2)
    #expect(result.bestEpoch > 0)
  }

  @Test func callerStopsBeforeAnyEpoch() throws {
    let network = LinearNetwork(inputs: 8, outputs: 3)
    let result = try Trainer(options()).fit(
      network, training: Self.clusters(64, seed: 1), validation: nil
    ) { _ in .stop }
    #expect(result.outcome == .stopped)
    #expect(result.bestEpoch == 0)
    #expect(result.weights == network.weights)
  }

  @Test func refusesToDiverge() throws {
    let message = """
      epoch 1, step 2: training loss is nan; training diverged with learning rate 0.05
        Try a lower rate, such as --lr 0.005.
      """
    let network = LinearNetwork(inputs: 8, outputs: 3)
    network.failsAtForward = 2
    do {
      _ = try Trainer(options()).fit(
        network, training: Self.clusters(64, seed: 1), validation: nil)
      Issue.record("the run went on")
    } catch let error as TrainingError {
      #expect(error.kind == .diverged)
      #expect(error.description == message)
    }
    #expect(network.weights.allSatisfy { $0.isFinite })
    #expect(network.batchSizes.count == 2)
  }

  @Test func keepsTheBestBeforeDiverging() throws {
    let network = LinearNetwork(inputs: 8, outputs: 3)
    network.failsAtForward = 10
    let result = try Trainer(options()).fit(
      network, training: Self.clusters(64, seed: 1), validation: Self.clusters(30, seed: 2))
    guard case .diverged(let error) = result.outcome else {
      Issue.record("\(result.outcome)")
      return
    }
    #expect(error.message.hasPrefix("epoch 3, step 2: training loss is nan"))
    #expect(result.epochs.count == 2)
    #expect(result.weights.allSatisfy { $0.isFinite })
  }

  @Test func refusesWhatDoesNotFit() throws {
    let samples = try Self.clusters(9, seed: 1)
    let trainer = try Trainer(options())
    #expect(
      throws: TrainingError("the network has 2 outputs; the labels need 3", kind: .badData)
    ) {
      try trainer.fit(
        LinearNetwork(inputs: 8, outputs: 2), training: samples, validation: nil)
    }
    #expect(
      throws: TrainingError("features of 2 photos come with 1 labels", kind: .badData)
    ) { try FeatureSet(features: Tensor([2, 3]), labels: [0]) }
    #expect(
      throws: TrainingError(
        "there are no training samples; expected at least one", kind: .badData)
    ) {
      try trainer.fit(
        LinearNetwork(inputs: 8, outputs: 3),
        training: FeatureSet(features: Tensor([0, 8]), labels: []), validation: nil)
    }
    #expect(
      throws: TrainingError(
        "validation samples have shape [7], training samples [8]; expected the same",
        kind: .badData)
    ) {
      try trainer.fit(
        LinearNetwork(inputs: 8, outputs: 3), training: samples,
        validation: FeatureSet(features: Tensor([1, 7]), labels: [0]))
    }
  }

  @Test func refusesBadSettings() {
    #expect(
      throws: TrainingError("epochs is 0; expected at least 1", kind: .badSetting)
    ) { try Trainer(TrainingOptions(epochs: 0)) }
    #expect(
      throws: TrainingError("learning rate is -1.0; expected a number above 0", kind: .badSetting)
    ) { try Trainer(TrainingOptions(learningRate: -1)) }
    #expect(throws: TrainingError.self) { try Trainer(TrainingOptions(schedule: "none")) }
    #expect(throws: TrainingError.self) { try Trainer(TrainingOptions(optimizer: "none")) }
  }

  @Test func scaleIsThatOfPooledFeatures() throws {
    let flat = try FeatureSet(features: Tensor([2, 2], [3, 4, 0, 5]), labels: [0, 1])
    #expect(abs(try flat.scale() - Float(12.5).squareRoot()) < 1e-6)
    // Two channels of two pixels: means 2 and 5.
    let first = try FeatureSet(features: Tensor([1, 2, 1, 2], [1, 3, 4, 6]), labels: [0])
    let last = try FeatureSet(
      features: Tensor([1, 2, 1, 2], [1, 4, 3, 6]), labels: [0], layout: .channelsLast)
    #expect(abs(try first.scale() - Float(14.5).squareRoot()) < 1e-6)
    #expect(try first.scale() == last.scale())
    let broken = try FeatureSet(features: Tensor([1, 2], [.nan, 1]), labels: [0])
    #expect(throws: TrainingError.self) { try broken.scale() }
  }
}
