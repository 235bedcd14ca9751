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

  @Option(help: "float32 array [N, C, H, W] as .npy; none for a network of constants.")
  var input: String?

  @Option(help: "Where the output goes, as .npy; of constants once for each output.")
  var output: [String]

  @OptionGroup var runFlags: RunFlags

  func validate() throws {
    guard input == nil || output.count == 1 else {
      throw ValidationError("--output is given \(output.count) times; with --input once")
    }
  }

  func run() throws {
    try runFlags.apply()
    let arrays: [GraftGraph.Constant]
    if let input {
      let array = try NumPyArray(contentsOf: FilePath(input))
      let result = try Graft.run(FilePath(model), on: array.tensor, plan: runFlags.plan)
      arrays = [.floats(result)]
    } else {
      arrays = try Graft.runConstants(FilePath(model))
    }
    guard arrays.count == output.count else {
      throw GraftError("\(model): \(arrays.count) outputs; --output is given \(output.count) times")
    }
    for (array, path) in zip(arrays, output) {
      try writeWhole(NumPyArray.bytes(of: array), to: FilePath(path))
    }
  }
}
