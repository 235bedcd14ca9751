import Foundation
import GraftData
import GraftTensor
import GraftTraining
import SystemPackage
import Testing

@Suite struct ResumingTests {
  func options(_ optimizer: String = "adamw") -> TrainingOptions {
    TrainingOptions(
      epochs: 3, batchSize: 16, learningRate: 0.05, optimizer: optimizer, warmupSteps: 2,
      patience: 2, seed: 3)
  }

  struct Outcome: Equatable {
    var weights: [Float]
    var epochs: [EpochMetrics]
    var validationLogits: Tensor?
  }

  func fit(
    _ options: TrainingOptions, from state: TrainingState? = nil, stoppingAt stop: Int? = nil
  ) throws -> (Outcome, TrainingState?) {
    var steps = 0
    var kept: TrainingState?
    let result = try Trainer(options).fit(
      LinearNetwork(inputs: 8, outputs: 3), training: TrainerTests.clusters(50, seed: 1),
      validation: TrainerTests.clusters(30, seed: 2), resuming: state,
      onEvent: { event in
        guard case .stepEnded = event else { return .proceed }
        steps += 1
        return steps == stop ? .stop : .proceed
      }, onCheckpoint: { kept = $0 })
    let outcome = Outcome(
      weights: result.weights, epochs: result.epochs, validationLogits: result.validationLogits)
    return (outcome, kept)
  }

  /// 4 steps an epoch: stopped after each of the 12, also between two epochs.
  @Test(arguments: OptimizerCatalog.names, 1...11)
  func isAsNeverInterrupted(optimizer: String, stop: Int) throws {
    var options = options(optimizer)
    (options.averageDecay, options.gradientClip, options.l1) = (0.9, 0.5, 1e-3)
    options.mixing = "mixup:0.5"
    options.schedule = stop.isMultiple(of: 2) ? "one-cycle" : "cosine"
    let (whole, _) = try fit(options)
    let (_, state) = try fit(options, stoppingAt: stop)
    let kept = try throughAFile(try #require(state as TrainingState?))
    let (resumed, _) = try fit(options, from: kept)
    #expect(resumed == whole)
  }

  private func throughAFile(_ state: TrainingState) throws -> TrainingState {
    let path = FilePath(NSTemporaryDirectory()).appending("\(UUID().uuidString).ckpt")
    defer { try? FileManager.default.removeItem(atPath: path.string) }
    try CheckpointFile.write(state.numbers, tensors: state.tensors, to: path)
    let read = try CheckpointFile.read(TrainingState.Numbers.self, from: path)
    return try TrainingState(read.value, tensors: read.tensors)
  }

  @Test func refusesADamagedFile() throws {
    let path = FilePath(NSTemporaryDirectory()).appending("\(UUID().uuidString).ckpt")
    defer { try? FileManager.default.removeItem(atPath: path.string) }
    let whole = ["w": Tensor([3], [1, 2, 3]), "empty": Tensor([0])]
    try CheckpointFile.write(7, tensors: whole, to: path)
    let bytes = try #require(FileManager.default.contents(atPath: path.string))
    let read = try CheckpointFile.read(Int.self, from: path)
    #expect(read.value == 7)
    #expect(read.tensors == whole)
    let damaged = TrainingError(
      "\(path.displayName): is damaged, or no checkpoint of this version of graft", kind: .badData,
      hints: ["Begin the run anew."])
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 0x10
      try changed.write(to: URL(fileURLWithPath: path.string))
      #expect(throws: damaged) { try CheckpointFile.read(Int.self, from: path) }
    }
    for count in [0, 7, 19, bytes.count - 1] {
      try bytes.prefix(count).write(to: URL(fileURLWithPath: path.string))
      #expect(throws: damaged) { try CheckpointFile.read(Int.self, from: path) }
    }
    try FileManager.default.removeItem(atPath: path.string)
    #expect(
      throws: TrainingError("\(path.displayName): cannot be read", kind: .badData)
    ) { try CheckpointFile.read(Int.self, from: path) }
  }

  @Test func keepsACheckpointAfterEachEpoch() throws {
    var epochs: [Int] = []
    _ = try Trainer(options()).fit(
      LinearNetwork(inputs: 8, outputs: 3), training: TrainerTests.clusters(50, seed: 1),
      validation: nil, onCheckpoint: { epochs.append($0.epoch) })
    #expect(epochs == [2, 3])  // the last needs none
  }

  @Test func refusesTheStateOfAnotherRun() throws {
    let (_, state) = try fit(options(), stoppingAt: 2)
    var other = options()
    other.optimizer = "sgd"
    #expect(
      throws: TrainingError(
        "the checkpoint does not belong to this network and these settings: what is kept of "
          + "'weights'", kind: .badData)
    ) { try fit(other, from: state) }
    other = options()
    other.batchSize = 50
    #expect(
      throws: TrainingError(
        "the checkpoint does not belong to this network and these settings: epoch 1, step 2 of 1",
        kind: .badData)
    ) { try fit(other, from: state) }
  }

  @Test(arguments: [1, 2, 3, 16]) func partsOfABatchAddUp(parts: Int) throws {
    var options = options("sgd")
    options.classWeights = [1, 2, 0.5]
    let (whole, _) = try fit(options)
    options.accumulation = parts
    let (summed, _) = try fit(options)
    for (a, b) in zip(whole.weights, summed.weights) { #expect(abs(a - b) < 1e-5) }
    for (a, b) in zip(whole.epochs, summed.epochs) {
      #expect(abs(a.trainingLoss - b.trainingLoss) < 1e-5)
      #expect(a.trainingAccuracy == b.trainingAccuracy)
    }
  }

  @Test func partsAreComputedOneByOne() throws {
    var options = options("sgd")
    (options.epochs, options.accumulation) = (1, 3)
    let network = LinearNetwork(inputs: 8, outputs: 3)
    _ = try Trainer(options).fit(
      network, training: TrainerTests.clusters(20, seed: 1), validation: nil)
    #expect(network.batchSizes == [6, 6, 4, 2, 2])
  }

  @Test func scalesTheRateWithTheBatch() throws {
    var options = options("sgd")
    (options.schedule, options.warmupSteps) = ("constant", 0)
    options.baseBatch = 64
    #expect(try fit(options).0.epochs[0].learningRate == Double(Float(0.05) * 16 / 64))
  }

  @Test func readsSettingsOlderThanSomeOfThem() throws {
    let old = """
      {"epochs": 7, "batchSize": 8, "weightDecay": 0, "optimizer": "sgd", "schedule": "cosine",
       "warmupSteps": 0, "patience": 3, "labelSmoothing": 0, "seed": 5}
      """
    let options = try JSONDecoder().decode(TrainingOptions.self, from: Data(old.utf8))
    let expected = TrainingOptions(
      epochs: 7, batchSize: 8, weightDecay: 0, optimizer: "sgd", patience: 3, labelSmoothing: 0,
      seed: 5)
    #expect(options == expected)
    let again = try JSONDecoder().decode(
      TrainingOptions.self, from: JSONEncoder().encode(options))
    #expect(again == options)
  }
}
