import ArgumentParser
import Foundation
import Graft

/// The networks of the papers, built from nothing by name.
@main
struct NamedNetworks: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "NamedNetworks",
    abstract: "List the networks that can be built by name, and build, train and write one.",
    usage: "NamedNetworks [resnet18 --classes 5 --side 64 --output resnet18.onnx]")

  @Argument(help: "The network to build; without it they are listed.")
  var name: String?

  @Option(help: "Classes to tell apart.")
  var classes: Int?

  @Option(help: "Side of the pictures it takes.")
  var side: Int?

  @Option(help: "The ONNX file to write.")
  var output: String?

  func run() throws {
    guard let name else { return try list() }
    let graph = try Networks.named(name, classes: classes, side: side)
    print("\(name): \(graph.parameterCount) parameters")
    let (losses, learned) = try steps(graph)
    print(String(format: "loss %.4f, after five steps %.4f", losses[0], losses[5]))
    if let output {
      try ONNXWriter.write(try learned.exported(), to: FilePath(output), replacing: true)
      print("written to \(output)")
    }
  }

  private func list() throws {
    for entry in Networks.all {
      // No weights are needed to count them.
      let graph = try entry.make(entry.classes, entry.side, 1, .zero)
      let convolutions = graph.nodes.count { $0.opType == "Conv" || $0.opType == "Gemm" }
      print(
        entry.name.padding(toLength: 10, withPad: " ", startingAt: 0)
          + String(
            format: "%10d parameters  %3d layers with weights  %dx%d, %d classes",
            graph.parameterCount, convolutions, entry.side, entry.side, entry.classes))
    }
  }

  /// Five steps of Adam on eight random pictures, the loss before and behind them.
  private func steps(_ graph: Graph) throws -> (losses: [Double], learned: Graph) {
    let shape = graph.inputs[0].shape(batchSize: 8)
    let outputs = try graph.shapes(batchSize: 1)[graph.outputs[0]]?.elementCountPerImage ?? 0
    var generator = SeededGenerator(1)
    let pictures = try FeatureSet(
      features: Tensor(shape, (0..<shape.elementCount).map { _ in generator.normal() }),
      labels: (0..<8).map { $0 % outputs })
    let network = try TrainableSession(graph.usingBatchStatistics(true), batchSize: 8)
    let options = TrainingOptions(
      epochs: 6, batchSize: 8, learningRate: 1e-4, weightDecay: 0, optimizer: "adam",
      schedule: "constant", patience: 6, labelSmoothing: 0)
    // Each epoch is one step, and measures the loss before it.
    let result = try Trainer(options).fit(network, training: pictures, validation: nil)
    return (result.epochs.map(\.trainingLoss), result.weights.usingBatchStatistics(false))
  }
}
