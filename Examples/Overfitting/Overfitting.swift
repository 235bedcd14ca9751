import ArgumentParser
import Foundation
import Graft

/// A network that learns few digits by heart, and two ways to keep it from that.
@main
struct Overfitting: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "Overfitting",
    abstract: "Training against validation, with and without dropout and augmentation.",
    usage: "Overfitting mnist --digits 1000")

  @Argument(help: "The folder with the four files of MNIST.")
  var folder: String

  @Option(help: "Digits to learn from.")
  var digits = 1000

  @Option(help: "Digits to validate on.")
  var validation = 5000

  @Option(help: "Passes over the digits.")
  var epochs = 50

  @Option(help: "Begins the names of the pictures to write.")
  var output = "overfitting"

  func run() throws {
    let all = try DigitSet(folder: FilePath(folder), .training)
    let (training, judged) = (all.prefix(digits), all.suffix(validation))
    var losses: [LinePlot.Series] = []
    var accuracies: [LinePlot.Series] = []
    for (name, dropout, isAugmented) in [
      ("plain", Float(0), false), ("dropout", 0.5, false), ("augmentation", 0, true),
      ("both", 0.5, true),
    ] {
      let model = network(dropout)
      model.compile(
        loss: .categoricalCrossentropy, optimizer: .sgd(learningRate: 0.01, momentum: 0.9),
        metrics: [.accuracy])
      let history = try model.fit(
        DeformedDigits(training, elastic: isAugmented ? ElasticDeformation() : nil),
        batchSize: 50, epochs: epochs, validation: DeformedDigits(judged, elastic: nil))
      if name == "plain" {
        losses.append(.init("plain, training", values: history.loss, style: .dashes))
        accuracies.append(.init("plain, training", values: history.accuracy, style: .dashes))
      }
      losses.append(.init("\(name), validation", values: history.validationLoss))
      accuracies.append(.init("\(name), validation", values: history.validationAccuracy))
      print(
        String(
          format: "%@: training loss %.4f, validation loss %.4f (lowest %.4f), accuracy %.2f %%",
          name, history.loss.last!, history.validationLoss.last!, history.validationLoss.min()!,
          100 * history.validationAccuracy.last!))
    }
    try write(losses, "Loss", to: "\(output)-loss.svg")
    try write(accuracies, "Accuracy", to: "\(output)-accuracy.svg")
  }

  private func network(_ dropout: Float) -> Sequential {
    Sequential(input: [1, 28, 28]) {
      Conv2D(16, kernelSize: 5, padding: .same, activation: .relu)
      MaxPooling2D(2)
      Conv2D(32, kernelSize: 5, activation: .relu)
      MaxPooling2D(2)
      Flatten()
      Dropout(dropout)
      Dense(256, activation: .relu)
      Dropout(dropout)
      Dense(10, activation: .softmax)
    }
  }

  private func write(_ series: [LinePlot.Series], _ quantity: String, to path: String) throws {
    let picture = LinePlot(
      title: "\(quantity) on \(digits) digits", x: .init("epoch"),
      y: quantity == "Loss"
        ? .init("loss", range: 0...0.8) : .init("accuracy", range: 0.85...1),
      series: series)
    try picture.svg().write(toFile: path, atomically: true, encoding: .utf8)
  }
}
