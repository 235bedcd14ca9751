import ArgumentParser
import Foundation
import Graft

/// The lecture's first network: handwritten digits by a perceptron with one hidden layer.
@main
struct MNISTPerceptron: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "MNISTPerceptron",
    abstract: "Train the lecture's perceptron on handwritten digits.",
    usage: "MNISTPerceptron mnist --epochs 100")

  @Argument(help: "The folder with the four files of MNIST.")
  var folder: String

  @Option(help: "Passes over the training digits.")
  var epochs = 100

  @Option(help: "How far a step goes.")
  var rate: Float = 0.3

  @Option(help: "How much of the last step is kept.")
  var momentum: Float = 0.9

  @Option(help: "Decides the weights and the order of the digits.")
  var seed: UInt64 = 1

  @Option(help: "Digits to learn from, at most.")
  var limit = Int.max

  @Option(help: "Begins the names of the files to write.")
  var output = "mnist-perceptron"

  func run() throws {
    let training = try DigitSet(folder: FilePath(folder), .training).prefix(limit)
    let test = try DigitSet(folder: FilePath(folder), .test).prefix(limit)
    let (x, y) = (training.rows, Targets.oneHot(training.labels, classes: 10))

    let model = Sequential(input: [784], name: "perceptron", seed: seed) {
      Dense(800, activation: .relu)
      Dense(10, activation: .softmax)
    }
    print(model.summary())
    model.compile(
      loss: .categoricalCrossentropy,
      optimizer: .sgd(learningRate: rate, momentum: momentum),
      metrics: [.accuracy])

    let history = try model.fit(
      x, y, batchSize: 200, epochs: epochs, validationSplit: 0.2, verbose: 2, seed: seed)

    let score = try model.evaluate(test.rows, Targets.oneHot(test.labels, classes: 10))
    print(String(format: "test loss %.4f, accuracy %.2f %%", score.loss, 100 * score.accuracy))
    let first = try model.predict(test.prefix(1).rows).elements
    print(
      "the first test digit is a \(test.labels[0]), read as \(first.firstIndex(of: first.max()!)!)")

    try model.save(to: FilePath("\(output).onnx"), replacing: true)
    try history.accuracyPlot(title: "MNIST perceptron 784-800-10").svg()
      .write(toFile: "\(output).svg", atomically: true, encoding: .utf8)
  }
}

extension DigitSet {
  /// Each digit as one row of 784 numbers.
  var rows: Tensor { images.reshaped(to: [count, images.shape.elementCountPerImage]) }
}
