import ArgumentParser
import Foundation
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

  /// Trains all layers with descent under a cosine, as He et al. 2015 but for the schedule. What is
  /// learned is kept in `name.onnx`, the state after every epoch in `name.ckpt`.
  func train(
    _ graph: Graph, on samples: [Sample], labels: [String], keptAs name: String
  ) throws -> Graph {
    let (path, state) = (FilePath(name + ".onnx"), FilePath(name + ".ckpt"))
    if FileManager.default.fileExists(atPath: path.string) {
      print("\(name): is in \(path)")
      return try Model(contentsOf: path).graph
    }
    if let epoch = try TrainingState(keptIn: state)?.epoch {
      print("\(name): goes on from \(state), epoch \(epoch)")
    }
    var model = try Model(
      graph.exported(), name: name, options: ModelOptions(preprocessing: Pictures.preprocessing))
    model.labels = labels
    let source = try AugmentedPhotos(
      samples, preprocessing: Pictures.preprocessing, policy: AugmentationPolicy("cifar"),
      seed: seed)
    let options = TrainingOptions(
      epochs: epochs, batchSize: min(batch, samples.count), learningRate: rate, weightDecay: 1e-4,
      optimizer: "sgd", momentum: 0.9, schedule: "cosine", patience: epochs, labelSmoothing: 0,
      seed: seed)
    let network = try TrainableSession(
      graph.unfrozen().usingBatchStatistics(true), batchSize: options.batchSize)
    let start = ContinuousClock.now
    let result = try Trainer(options).fit(network, training: source, keepingStateIn: state) {
      event in
      if case .epochEnded(let epoch) = event {
        print(
          "\(name): epoch \(epoch.epoch)/\(epochs) loss \(epoch.trainingLoss) training accuracy "
            + "\(epoch.trainingAccuracy ?? 0) after \(start.duration(to: .now))")
      }
      return .proceed
    }
    model.graph = result.weights.usingBatchStatistics(false)
    try model.write(to: path)
    return model.graph
  }

  /// `accuracy 0.91, loss 0.3`
  func judge(_ graph: Graph, on samples: [Sample]) throws -> String {
    let source = try PlainPhotos(samples, preprocessing: Pictures.preprocessing)
    let network = try TrainableSession(graph, batchSize: 100)
    let evaluation = try Evaluation(of: network, on: source, batchSize: 100)
    return "accuracy \(evaluation.accuracy.value), loss \(evaluation.loss)"
  }
}
