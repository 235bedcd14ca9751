import ArgumentParser
import Foundation
import Graft

/// `graft run <model>`: numbers in, numbers out, to compare graft with other runtimes.
struct RunNetwork: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a network on a NumPy array, to compare with other runtimes.",
    shouldDisplay: false)

  @Argument(help: "Path to an .onnx file.")
  var model: String

  @Option(help: "float32 array [N, C, H, W] as .npy.")
  var input: String

  @Option(help: "Where the output goes, as .npy.")
  var output: String

  @OptionGroup var runFlags: RunFlags

  func run() throws {
    try runFlags.apply()
    let array = try NumPyArray(contentsOf: FilePath(input))
    let result = try Graft.run(FilePath(model), on: array.tensor, plan: runFlags.plan)
    try writeWhole(NumPyArray(tensor: result).bytes, to: FilePath(output))
  }
}
