import ArgumentParser
import Foundation
import Graft

/// `graft learn <model>`: some steps of descent on a NumPy array, to compare gradients, losses, time
/// and memory with other engines.
struct LearnNetwork: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "learn",
    abstract: "Train a whole network on one batch, to compare with other engines.",
    shouldDisplay: false)

  @Argument(help: "Path to an .onnx file.")
  var model: String

  @Option(help: "float32 array [N, C, H, W] as .npy.")
  var input: String

  @Option(parsing: .upToNextOption, help: "The class of each image.")
  var labels: [Int]

  @Option(help: "Steps of descent.")
  var steps = 1

  @Option(help: "Learning rate.")
  var rate: Float = 0.001

  @Option(help: "Momentum.")
  var momentum: Float = 0.9

  @Flag(help: "Normalise by the statistics of the batch.")
  var batchStatistics = false

  @Option(help: "File for the gradients of the first step, one after the other, as float32.")
  var gradients: String?

  @Option(help: "Keep the network as it is up to and including this node.")
  var frozenThrough: String?

  @Option(help: "File for the network after the last step, as ONNX.")
  var result: String?

  @OptionGroup var runFlags: RunFlags

  /// What the command prints.
  private struct Summary: Encodable {
    struct Gradient: Encodable {
      var name: String
      var shape: [Int]
    }

    var losses: [Double]
    var seconds: [Double]
    var planningSeconds: Double
    var plannedBytes: Int
    var parameters: [Gradient]
  }

  func run() throws {
    try runFlags.apply()
    let array = try NumPyArray(contentsOf: FilePath(input))
    var parameters: [Summary.Gradient] = []
    var file: FileHandle?
    if let gradients {
      try writeWhole([], to: FilePath(gradients))
      file = FileHandle(forWritingAtPath: gradients)
    }
    let steps = try Graft.learn(
      FilePath(model), on: array.tensor, labels: labels,
      options: LearningOptions(
        steps: self.steps, rate: rate, momentum: momentum, usesBatchStatistics: batchStatistics,
        frozenThrough: frozenThrough, result: result.map { FilePath($0) }),
      plan: runFlags.plan
    ) { name, gradient in
      guard let file else { return }
      try file.write(contentsOf: Data(buffer: gradient.elements))
      parameters.append(.init(name: name, shape: gradient.shape.dimensions))
    }
    let summary = Summary(
      losses: steps.losses, seconds: steps.seconds, planningSeconds: steps.planningSeconds,
      plannedBytes: steps.plannedBytes, parameters: parameters)
    try Output.standard.json(summary)
  }
}
