import ArgumentParser
import Graft

/// What both commands are asked, and how both train.
struct Flags: ParsableArguments {
  @Argument(help: "A folder with train/<class>/ and test/<class>/.")
  var folder: String

  @Option(help: "Passes over the pictures.")
  var epochs = 30

  @Option(help: "Pictures of a step.")
  var batch = 128

  @Option(help: "The highest learning rate.")
  var rate: Float = 0.1

  @Option(help: "Decides weights, order and changes of the pictures.")
  var seed: UInt64 = 1

  /// Trains all layers with descent under a cosine, as He et al. 2015 but for the schedule, and
  /// keeps the state after every epoch.
  func train(_ graph: Graph, on samples: [Sample], keptAs name: String) throws -> Graph {
    let source = try AugmentedPhotos(
      samples, preprocessing: Pictures.preprocessing, policy: AugmentationPolicy("cifar"),
      seed: seed)
    let options = TrainingOptions(
      epochs: epochs, batchSize: min(batch, samples.count), learningRate: rate, weightDecay: 1e-4,
      optimizer: "sgd", momentum: 0.9, schedule: "cosine", patience: epochs, labelSmoothing: 0,
      seed: seed)
    let network = try TrainableSession(
      graph.unfrozen().usingBatchStatistics(true), batchSize: options.batchSize)
    let path = FilePath(name + ".ckpt")
    let kept = try? CheckpointFile.read(TrainingState.Numbers.self, from: path)
    let state = try kept.map { try TrainingState($0.value, tensors: $0.tensors) }
    if let state { print("\(name): goes on from \(path), epoch \(state.epoch)") }
    let start = ContinuousClock.now
    let result = try Trainer(options).fit(
      network, training: source, validation: nil,
      resuming: state,
      onEvent: { event in
        if case .epochEnded(let epoch) = event {
          print(
            "\(name): epoch \(epoch.epoch)/\(epochs) loss \(epoch.trainingLoss) training accuracy "
              + "\(epoch.trainingAccuracy) after \(start.duration(to: .now))")
        }
        return .proceed
      },
      onCheckpoint: { (state) throws(TrainingError) in
        try CheckpointFile.write(state.numbers, tensors: state.tensors, to: path)
      })
    return result.weights.usingBatchStatistics(false)
  }

  /// `accuracy 0.91, loss 0.3`
  func judge(_ graph: Graph, on samples: [Sample]) throws -> String {
    let source = try PlainPhotos(samples, preprocessing: Pictures.preprocessing)
    let network = try TrainableSession(graph, batchSize: 100)
    let evaluation = try Evaluation(of: network, on: source, batchSize: 100)
    return "accuracy \(evaluation.accuracy.value), loss \(evaluation.loss)"
  }
}
