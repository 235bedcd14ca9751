import Foundation
import GraftGraph
import GraftTensor
import GraftTraining
import Testing

@Suite struct FullBatchTrainerTests {
  static func options(_ change: (inout TrainingOptions) -> Void = { _ in }) -> TrainingOptions {
    var options = TrainingOptions(
      epochs: 100, batchSize: 16, optimizer: "lbfgs", patience: 100, labelSmoothing: 0)
    change(&options)
    return options
  }

  /// A problem of `Tests/Fixtures/training/make_full_batch_fixtures.py`, and what PyTorch found.
  struct Problem {
    var name = ""
    var (decay, smoothing) = (0.0, 0.0)
    var classWeights: [Double] = []
    var loss = 0.0
    var w: [Double] = []
  }

  static func problems() throws -> (FeatureSet, [Problem]) {
    var (labels, features): ([Int], [Float]) = ([], [])
    var problems: [Problem] = []
    for line in try fixture("full_batch.txt") {
      let numbers = line.compactMap(Double.init)
      switch line[0] {
      case "sample":
        labels.append(Int(numbers[0]))
        features += numbers.dropFirst().map(Float.init)
      case "case":
        problems.append(
          Problem(
            name: line[1], decay: numbers[0], smoothing: numbers[1],
            classWeights: Array(numbers.dropFirst(2))))
      case "loss": problems[problems.count - 1].loss = numbers[0]
      default: problems[problems.count - 1].w = numbers
      }
    }
    return (
      try FeatureSet(features: Tensor([labels.count, 6], features), labels: labels), problems
    )
  }

  /// What is made small, in Double, with torch's rules for smoothing and class weights.
  static func objective(_ w: [Double], _ b: [Double], _ set: FeatureSet, _ problem: Problem)
    -> Double
  {
    let x = set.features.elements.map(Double.init)
    var (sum, weights) = (0.0, 0.0)
    for (row, label) in set.labels.enumerated() {
      let z = (0..<3).map { k in (0..<6).reduce(b[k]) { $0 + w[k * 6 + $1] * x[row * 6 + $1] } }
      let logSum = log(z.reduce(0) { $0 + exp($1) })
      for k in 0..<3 {
        let target = problem.smoothing / 3 + (k == label ? 1 - problem.smoothing : 0)
        sum += problem.classWeights[k] * target * (logSum - z[k])
      }
      weights += problem.classWeights[label]
    }
    return sum / weights + problem.decay / 2 * w.reduce(0) { $0 + $1 * $1 }
  }

  @Test(arguments: [7, 45]) func minimumIsPyTorchs(batchSize: Int) throws {
    let (set, problems) = try Self.problems()
    #expect(problems.count == 4)
    for problem in problems {
      let options = Self.options {
        $0.batchSize = batchSize
        $0.weightDecay = Float(problem.decay)
        $0.labelSmoothing = Float(problem.smoothing)
        $0.classWeights = problem.classWeights.map(Float.init)
      }
      let head = HeadTrainerTests().linearHead(inputs: 6, outputs: 3)
      let result = try HeadTrainer(options).fit(head, training: set, validation: nil).result
      #expect(result.outcome == .completed)
      #expect(result.epochs.count < 60)
      #expect(result.bestEpoch == result.epochs.count)
      let w = result.weights.parameters["w"]!.tensor.elements.map(Double.init)
      let b = result.weights.parameters["b"]!.tensor.elements.map(Double.init)
      let loss = Self.objective(w, b, set, problem)
      #expect(abs(loss - problem.loss) < 1e-6, "\(problem.name)")
      // The loss is flat at its minimum: weights are known to about the root of its rounding.
      for (a, b) in zip(w, problem.w) { #expect(abs(a - b) < 0.02, "\(problem.name)") }
      // What is reported is without the pull of the weights.
      let pull = problem.decay / 2 * w.reduce(0) { $0 + $1 * $1 }
      #expect(abs(result.epochs.last!.trainingLoss + pull - problem.loss) < 1e-6)
    }
  }

  @Test func judgesEveryEpochAndKeepsTheBest() throws {
    let (training, validation) = (
      try TrainerTests.clusters(60, seed: 1), try TrainerTests.clusters(60, seed: 2)
    )
    var events: [TrainingEvent] = []
    let network = LinearNetwork(inputs: 8, outputs: 3)
    let result = try FullBatchTrainer(Self.options { $0.weightDecay = 0 }).fit(
      network, training: training, validation: validation
    ) { event in
      events.append(event)
      return .proceed
    }
    let accuracies = result.epochs.map { $0.validationAccuracy! }
    let best = result.epochs[result.bestEpoch - 1]
    #expect(best.validationAccuracy == accuracies.max())
    #expect(
      best.validationLoss
        == result.epochs.filter { $0.validationAccuracy == accuracies.max() }
        .map { $0.validationLoss! }.min())
    #expect(result.epochs.map(\.epoch) == Array(1...result.epochs.count))
    #expect(network.weights == result.weights)
    let judged = try Evaluation(of: network, on: validation, batchSize: 16)
    #expect(judged.loss == best.validationLoss)
    #expect(judged.logits == result.validationLogits)
    // Every step goes down.
    let losses = result.epochs.map(\.trainingLoss)
    for (old, new) in zip(losses, losses.dropFirst()) { #expect(new <= old + 1e-7) }
    #expect(events.count == 2 * result.epochs.count)
    guard case .stepEnded(let step) = events[0] else {
      Issue.record("\(events[0])")
      return
    }
    #expect((step.epoch, step.step, step.stepsPerEpoch) == (1, 1, 1))
    #expect(step.learningRate > 0)
    #expect(events[1] == .epochEnded(result.epochs[0]))
  }

  @Test func spendsItsPatience() throws {
    // Labels that say nothing: validation soon gets worse.
    var generator = SeededGenerator(9)
    func noise(_ count: Int) throws -> FeatureSet {
      let features = (0..<count * 8).map { _ in generator.normal() }
      return try FeatureSet(
        features: Tensor([count, 8], features), labels: (0..<count).map { $0 % 3 })
    }
    let options = Self.options {
      $0.weightDecay = 0
      $0.patience = 3
    }
    let result = try FullBatchTrainer(options).fit(
      LinearNetwork(inputs: 8, outputs: 3), training: noise(20), validation: noise(60))
    #expect(result.outcome == .noImprovement)
    #expect(result.epochs.count == result.bestEpoch + 3)
  }

  @Test func callerStops() throws {
    let set = try TrainerTests.clusters(60, seed: 1)
    for (event, epochs) in [(5, 2), (6, 3)] {
      var count = 0
      let result = try FullBatchTrainer(Self.options()).fit(
        LinearNetwork(inputs: 8, outputs: 3), training: set, validation: set
      ) { _ in
        count += 1
        return count == event ? .stop : .proceed
      }
      #expect(result.outcome == .stopped)
      #expect(result.epochs.count == epochs)
    }
  }

  /// Begun at the minimum, it says so and stays.
  @Test func staysAtTheMinimum() throws {
    let set = try TrainerTests.clusters(60, seed: 1)
    let first = try FullBatchTrainer(Self.options()).fit(
      LinearNetwork(inputs: 8, outputs: 3), training: set, validation: nil)
    let again = try FullBatchTrainer(Self.options()).fit(
      LinearNetwork(inputs: 8, outputs: 3, weights: first.weights), training: set, validation: nil)
    #expect(again.outcome == .completed)
    #expect((1...4).contains(again.epochs.count))
    #expect(again.bestEpoch == again.epochs.count)
    #expect(abs(again.epochs.last!.trainingLoss - first.epochs.last!.trainingLoss) < 1e-6)
  }

  @Test func orderOfTheSeedDoesNotMatter() throws {
    let set = try TrainerTests.clusters(60, seed: 1)
    func fit(_ seed: UInt64) throws -> [Float] {
      try FullBatchTrainer(Self.options { $0.seed = seed }).fit(
        LinearNetwork(inputs: 8, outputs: 3), training: set, validation: nil
      ).weights
    }
    #expect(try fit(1) == fit(2))
  }

  @Test func refusesFeaturesThatAreNoNumbers() throws {
    let set = try FeatureSet(features: Tensor([2, 8], repeating: .nan), labels: [0, 1])
    #expect(
      throws: TrainingError(
        "training loss is nan; some weights or features are not finite numbers", kind: .diverged,
        hints: ["'graft inspect' tells which weights."])
    ) {
      try FullBatchTrainer(Self.options()).fit(
        LinearNetwork(inputs: 8, outputs: 3), training: set, validation: nil)
    }
  }

  static let settings: [(String, @Sendable (inout TrainingOptions) -> Void)] = [
    ("learning rate", { $0.learningRate = 0.1 }), ("base batch", { $0.baseBatch = 8 }),
    ("momentum", { $0.momentum = 0.9 }), ("L1", { $0.l1 = 0.1 }),
    ("highest norm of the gradient", { $0.gradientClip = 1 }),
    ("average of the weights", { $0.averageDecay = 0.9 }),
    ("schedule", { $0.schedule = "constant" }), ("warmup", { $0.warmupSteps = 1 }),
    ("layer decay", { $0.layerDecay = 0.5 }), ("mixing", { $0.mixing = "mixup" }),
  ]

  @Test func refusesSettingsOfBatches() throws {
    for (name, change) in Self.settings {
      #expect(
        throws: TrainingError(
          "lbfgs has no \(name)", kind: .badSetting,
          hints: ["Its steps see all samples and are as long as the loss falls."])
      ) { try HeadTrainer(Self.options(change)) }
    }
    #expect(
      throws: TrainingError("adamw learns from batches; expected lbfgs", kind: .badSetting)
    ) { try FullBatchTrainer(TrainingOptions()) }
    #expect(
      throws: TrainingError(
        "lbfgs trains heads on kept features; below them choose adam, adamw, nesterov, rmsprop, sgd",
        kind: .badSetting, hints: ["--depth head trains the head alone."])
    ) { try Trainer(Self.options()) }
    #expect(
      throws: TrainingError("epochs is 0; expected at least 1", kind: .badSetting)
    ) { try FullBatchTrainer(Self.options { $0.epochs = 0 }) }
  }
}
