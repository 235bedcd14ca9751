import ArgumentParser
import Foundation
import Graft

/// Handwritten digits by the convolutional network of 1998, and by a wider one on deformed digits.
@main
struct LeNet5: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "LeNet5",
    abstract: "Train LeNet-5 on handwritten digits.",
    usage: "LeNet5 mnist --epochs 20 [--elastic] [--width 4]")

  @Argument(help: "The folder with the four files of MNIST.")
  var folder: String

  @Option(help: "Passes over the training digits; the last third at lower rates.")
  var epochs = 18

  @Option(help: "How far a step goes at first.")
  var rate: Float = 0.05

  @Flag(help: "Turn, scale and bend the digits, anew in every epoch.")
  var elastic = false

  @Option(help: "So many times as many maps and neurons as the paper has.")
  var width = 1

  @Option(help: "Digits to learn from, at most.")
  var limit = Int.max

  @Option(help: "Decides weights, order and deformations.")
  var seed: UInt64 = 1

  @Option(help: "Begins the names of the files to write.")
  var output = "lenet5"

  func run() throws {
    let training = try DigitSet(folder: FilePath(folder), .training).prefix(limit)
    let test = try DigitSet(folder: FilePath(folder), .test).prefix(limit)
    let targets = Targets.oneHot(test.labels, classes: 10)

    let model = Sequential(input: [1, 28, 28], name: "lenet5", seed: seed) {
      Conv2D(6 * width, kernelSize: 5, padding: .same, activation: .relu)
      MaxPooling2D(2)
      Conv2D(16 * width, kernelSize: 5, activation: .relu)
      MaxPooling2D(2)
      Flatten()
      Dense(120 * width, activation: .relu)
      Dense(84 * width, activation: .relu)
      Dense(10, activation: .softmax)
    }
    print(model.summary())

    var history: [EpochMetrics] = []
    for (phase, epochs) in phases.enumerated() where epochs > 0 {
      let rate = rate / Float(pow(5, Double(phase)))
      print("learning rate \(rate)")
      model.compile(
        loss: .categoricalCrossentropy, optimizer: .sgd(learningRate: rate, momentum: 0.9),
        metrics: [.accuracy])
      let phaseSeed = seed + UInt64(phase)
      let source = DeformedDigits(
        training, elastic: elastic ? ElasticDeformation(alpha: 34, sigma: 5) : nil,
        seed: phaseSeed)
      history += try model.fit(
        source, batchSize: 100, epochs: epochs, verbose: 2, seed: phaseSeed
      ).epochs
    }

    let score = try model.evaluate(test.images, targets, batchSize: 100)
    let wrong = Int((Double(test.count) * (1 - score.accuracy)).rounded())
    print(
      String(
        format: "test loss %.4f, accuracy %.2f %%, %d of %d wrong", score.loss,
        100 * score.accuracy, wrong, test.count))
    try model.save(to: FilePath("\(output).onnx"), replacing: true)
  }

  /// Two thirds of the epochs at the full rate, then at a fifth, then at a fifth of that.
  private var phases: [Int] {
    let first = (2 * epochs + 2) / 3
    let second = (epochs - first + 1) / 2
    return [first, second, epochs - first - second]
  }
}
