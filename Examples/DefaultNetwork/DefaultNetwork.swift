import ArgumentParser
import Foundation
import Graft

/// Trains the network that is part of graft, from random weights, on photos and drawn figures.
@main
struct DefaultNetwork: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "DefaultNetwork",
    abstract: "Train a small network from nothing, on a folder of small photos and drawn figures.",
    usage: "DefaultNetwork cifar10/train models/default.onnx --minutes 25")

  @Argument(help: "A folder of photos, one folder for each class.")
  var photos: String

  @Argument(help: "The ONNX file to write.")
  var output: String

  @Option(help: "Photos of each class to learn from, at most.")
  var photosPerClass = 5000

  @Option(help: "Drawings of each figure to learn from.")
  var drawingsPerFigure = 1000

  @Option(help: "Passes over all pictures.")
  var epochs = 12

  @Option(help: "Stop after so many minutes, whatever epoch it is.")
  var minutes = 30.0

  @Option(help: "The highest learning rate.")
  var rate: Float = 2e-3

  @Option(help: "Decides the weights, the order and the drawings.")
  var seed: UInt64 = 1

  func run() throws {
    let start = ContinuousClock.now
    var preprocessing = Preprocessing.imageNet
    (preprocessing.resize, preprocessing.crop) = (Architecture.side, Architecture.side)
    let folder = try ImageFolder(FilePath(photos)).split(validation: 0.1, seed: seed)
    let labels = folder.labels + Figure.allCases.map(\.rawValue)

    let training = try pictures(
      folder, .train, photosPerClass, drawingsPerFigure, preprocessing)
    let validation = try pictures(
      folder, .validation, 100, 100, preprocessing)
    say(
      "\(training.count) pictures to learn from, \(validation.count) to judge by, after "
        + "\(start.duration(to: .now))")

    var model = try Model(
      Architecture.network(classes: labels.count, seed: seed), name: Model.defaultName,
      options: ModelOptions(preprocessing: preprocessing))
    model.graph = model.graph.unfrozen()
    model.labels = labels

    let settings = TrainingOptions(
      epochs: epochs, batchSize: 64, learningRate: rate, weightDecay: 0.05, warmupSteps: 200,
      patience: epochs, labelSmoothing: 0.1, seed: seed)
    let network = try TrainableSession(model.graph, batchSize: settings.batchSize)
    let result = try Trainer(settings).fit(network, training: training, validation: validation) {
      report($0, since: start)
      return start.duration(to: .now) > .seconds(60 * minutes) ? .stop : .proceed
    }

    model.graph = result.weights
    model.card = card(result, labels, training, validation, folder.splitHash, settings)
    try model.write(to: FilePath(output))
    say("epoch \(result.bestEpoch) of \(result.epochs.count) is in \(output)")
  }

  /// Photos of one side of the split and new drawings, brought to the network's size.
  private func pictures(
    _ folder: SplitPhotos, _ side: Split.Side, _ photosPerClass: Int, _ drawingsPerFigure: Int,
    _ preprocessing: Preprocessing
  ) throws -> PictureSet {
    var counts = [Int](repeating: 0, count: folder.labels.count)
    let chosen = folder.split.indices(of: side).filter { index in
      let label = folder.samples[index].label
      counts[label] += 1
      return counts[label] <= photosPerClass
    }
    // Pixels as they are: the arithmetic comes after the changes.
    let loader = PhotoLoader(
      chosen.map { folder.samples[$0].path },
      preprocessing: preprocessing.leavingArithmeticToNetwork)
    var pictures: [(image: Image, label: Int)] = []
    while let photo = loader.next() {
      let prepared = try photo.result.get()
      let image = Image(
        width: prepared.width, height: prepared.height, pixels: prepared.pixels.map { UInt8($0) })
      pictures.append((image, folder.samples[chosen[photo.index]].label))
    }
    let drawings = try Figure.pictures(
      countOfEach: drawingsPerFigure, seed: side == .train ? seed : seed + 1,
      preprocessing: preprocessing)
    pictures += drawings.map { ($0.image, folder.labels.count + $0.label) }
    return PictureSet(pictures, preprocessing: preprocessing, seed: seed)
  }

  private func report(_ event: TrainingEvent, since start: ContinuousClock.Instant) {
    switch event {
    case .stepEnded(let step):
      guard step.step % 100 == 0 else { return }
      say("  step \(step.step)/\(step.stepsPerEpoch)  loss \(step.loss)")
    case .epochEnded(let epoch):
      say(
        "epoch \(epoch.epoch)  training \(percent(epoch.trainingAccuracy))  validation "
          + "\(percent(epoch.validationAccuracy ?? 0))  loss \(epoch.validationLoss ?? 0)  after "
          + "\(start.duration(to: .now))")
    }
  }

  private func card(
    _ result: TrainingResult<Graph>, _ labels: [String], _ training: PictureSet,
    _ validation: PictureSet, _ splitHash: String, _ settings: TrainingOptions
  ) -> TrainingCard {
    let judged = result.validationLogits.map { logits in
      let confusion = ConfusionMatrix(
        classCount: labels.count, labels: validation.labels,
        predictions: logits.withUnsafeElements { _ in
          Evaluation.predictions(in: logits.unsafeView)
        })
      let best = result.epochs.first { $0.epoch == result.bestEpoch }
      return ValidationReport(confusion, classes: labels, loss: best?.validationLoss)
    }
    return TrainingCard(
      base: TrainingCard.Base(name: "random weights", sha256: nil), trained: "all",
      classes: labels, trainingPhotos: training.count, validationPhotos: validation.count,
      splitHash: splitHash, settings: settings, validation: judged)
  }

  private func percent(_ fraction: Double) -> String {
    "\((1000 * fraction).rounded() / 10) %"
  }

  private func say(_ text: String) { FileHandle.standardError.write(Data("\(text)\n".utf8)) }
}
