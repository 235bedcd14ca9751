import ArgumentParser
import Foundation
import Graft

/// Trains the network that is part of graft, from random weights, on small photos and drawn figures.
@main
struct DefaultNetwork: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "DefaultNetwork",
    abstract: "Train ResNet-20 from nothing, on a folder of small photos and drawn figures.",
    usage: "DefaultNetwork cifar10 models/default.onnx --epochs 8")

  @Argument(help: "A folder with train/<class>/ and test/<class>/.")
  var photos: String

  @Argument(help: "The ONNX file to write.")
  var output: String

  @Option(help: "Drawings of each figure to learn from.")
  var drawings = 1000

  @Option(help: "Passes over all pictures.")
  var epochs = 8

  @Option(help: "The highest learning rate.")
  var rate: Float = 0.1

  @Option(help: "Decides the weights, the order and the drawings.")
  var seed: UInt64 = 1

  @Option(help: "Where figures and state are kept; the same command goes on from there.")
  var work = "default-network"

  private static let preprocessing: Preprocessing = {
    var preprocessing = Preprocessing.imageNet
    (preprocessing.resize, preprocessing.crop) = (32, 32)
    return preprocessing
  }()

  func validate() throws {
    guard !FileManager.default.fileExists(atPath: output) else {
      throw ValidationError("\(output): there is such a file already")
    }
  }

  func run() throws {
    let classes = try ImageFolder(FilePath(photos).appending("train")).classes
    let labels = classes + Figure.allCases.map(\.rawValue)
    let training = try samples("train", classes.count, drawings: drawings, seed: seed)
    let test = try samples("test", classes.count, drawings: drawings / 10, seed: seed + 1)
    say("\(training.count) pictures to learn from, \(test.count) to judge by")

    let graph = try Networks.resNet20(classes: labels.count, seed: seed)
    var model = try Model(
      graph.exported(), name: Model.defaultName,
      options: ModelOptions(preprocessing: Self.preprocessing))
    model.labels = labels

    let settings = TrainingOptions(
      epochs: epochs, batchSize: 128, learningRate: rate, weightDecay: 1e-4, optimizer: "sgd",
      patience: epochs, labelSmoothing: 0.1, seed: seed)
    let source = try AugmentedPhotos(
      training, preprocessing: Self.preprocessing, policy: AugmentationPolicy("cifar,jitter:0.2"),
      seed: seed)
    let network = try TrainableSession(
      graph.unfrozen().usingBatchStatistics(true), batchSize: settings.batchSize)
    let result = try Trainer(settings).fit(
      network, training: source, keepingStateIn: FilePath(work).appending("state.ckpt"),
      onEvent: report)

    model.graph = result.weights.usingBatchStatistics(false)
    let judged = try judge(model.graph, on: test)
    model.card = TrainingCard(
      base: TrainingCard.Base(name: "random weights", sha256: nil), trained: "all",
      classes: labels, trainingPhotos: training.count, validationPhotos: test.count, splitHash: "",
      settings: settings,
      validation: ValidationReport(judged.confusion, classes: labels, loss: judged.loss))
    try model.write(to: FilePath(output))

    let ofPhotos = try judge(model.graph, on: test.filter { $0.label < classes.count })
    let ofFigures = try judge(model.graph, on: test.filter { $0.label >= classes.count })
    print("photos \(ofPhotos.accuracy.value), figures \(ofFigures.accuracy.value)")
  }

  /// The photos of one side, and new drawings behind them.
  private func samples(
    _ side: String, _ classes: Int, drawings: Int, seed: UInt64
  ) throws -> [Sample] {
    let listed = try ImageFolder(FilePath(photos).appending(side)).allSamples
    let drawn = try Figure.draw(
      drawings, seed: seed, into: FilePath(work).appending("figures").appending(side))
    return listed + drawn.map { Sample(path: $0.path, label: classes + $0.label) }
  }

  private func judge(_ graph: Graph, on samples: [Sample]) throws -> Evaluation {
    try Evaluation(
      of: TrainableSession(graph, batchSize: 100),
      on: PlainPhotos(samples, preprocessing: Self.preprocessing), batchSize: 100)
  }

  private func report(_ event: TrainingEvent) -> Directive {
    switch event {
    case .stepEnded(let step):
      if step.step % 100 == 0 {
        say("  step \(step.step)/\(step.stepsPerEpoch)  loss \(step.loss)")
      }
    case .epochEnded(let epoch):
      say(
        "epoch \(epoch.epoch)/\(epochs)  loss \(epoch.trainingLoss)  right "
          + "\(epoch.trainingAccuracy ?? 0)")
    }
    return .proceed
  }

  private func say(_ text: String) { FileHandle.standardError.write(Data("\(text)\n".utf8)) }
}
