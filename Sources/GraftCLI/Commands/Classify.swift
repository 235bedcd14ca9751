import ArgumentParser
import Foundation
import Graft

/// `graft classify <model> <images…>`
struct Classify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what is on photos: a table, CSV, JSON Lines, or folders of links.",
    discussion: """
      Examples:
        graft classify pets.onnx holiday/
        graft classify pets.onnx holiday/ -o labels.csv
        graft classify pets.onnx holiday/ --sort-into sorted/ --min-confidence 0.8
        graft classify tags.onnx holiday/ --threshold 0.3 -o tags.csv
      """)

  @Argument(help: "A model's name, or a path to an .onnx file or a run.")
  var model: String

  @Argument(help: "Photos, and folders of photos with everything below them.")
  var images: [String]

  @Option(
    name: [.customShort("o"), .customLong("out")],
    help: "Write to a .csv or .jsonl file; - is CSV on standard output.")
  var output: String?

  @Option(parsing: .unconditional, help: "How many classes of each photo are named.")
  var top: Int = 1

  @Option(
    parsing: .unconditional, help: "A photo whose best class is less probable is called unsure.")
  var minConfidence: Float = 0

  @Option(
    parsing: .unconditional,
    help: "Of a model with several labels: how probable those are that are said. (default: 0.5)")
  var threshold: Float?

  @Option(help: "Link photos into one folder per class below this one.")
  var sortInto: String?

  @Flag(help: "With --sort-into: copy instead of link.")
  var copy = false

  @Flag(inversion: .prefixedNo, help: "Look into folders below the given ones.")
  var recursive = true

  @Flag(help: "Replace the file given with -o.")
  var force = false

  @OptionGroup var modelFlags: ModelFlags
  @OptionGroup var nameFlags: NameFlags
  @OptionGroup var runFlags: RunFlags

  func validate() throws {
    guard top >= 1 else { throw ValidationError("--top is \(top); expected at least 1") }
    guard (0...1).contains(minConfidence) else {
      throw ValidationError("--min-confidence is \(minConfidence); expected 0 to 1")
    }
    if let threshold, !(threshold > 0 && threshold < 1) {
      throw ValidationError("--threshold is \(threshold); expected above 0, below 1")
    }
    if copy, sortInto == nil { throw ValidationError("--copy belongs to --sort-into") }
    if output != nil, runFlags.json {
      throw ValidationError(
        "--json writes to standard output; for a file say -o NAME.jsonl instead")
    }
    if let output, output != "-", !output.hasSuffix(".csv"), !output.hasSuffix(".jsonl") {
      throw ValidationError("-o \(output): expected a name that ends in .csv or .jsonl, or -")
    }
  }

  func run() throws {
    try runFlags.apply()
    try ClassifySession(self).run()
  }
}
