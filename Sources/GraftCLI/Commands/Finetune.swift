public import ArgumentParser
import Foundation
import Graft

/// `graft finetune <model> [on] <folder>`
struct Finetune: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a new head for your photos on a pretrained network.",
    usage: "graft finetune <model> [on] <folder> [options]",
    discussion: """
      Examples:
        graft finetune vgg16 on my-photos
        graft finetune resnet50.onnx on my-photos --epochs 30 -o runs/pets

      The folder has one subfolder per class, or train/ and val/ (and test/) with one per class. \
      A folder that is really called 'on' is ./on.
      """)

  @Argument(help: "A model's name, or a path to an .onnx file or a run.")
  var model: String

  @Argument(help: ArgumentHelp("The folder of photos.", valueName: "folder"))
  var words: [String]

  @Option(help: "What is trained: head.")
  var depth: TrainingDepth = .head

  @Option(parsing: .unconditional, help: "Largest number of epochs.")
  var epochs: Int = TrainingOptions().epochs

  @Option(
    name: .customLong("lr"), parsing: .unconditional,
    help: "Learning rate; chosen from the features unless given.")
  var learningRate: Float?

  @Option(parsing: .unconditional, help: "Photos in a step.")
  var batch: Int = TrainingOptions().batchSize

  @Option(help: "How weights learn: \(OptimizerCatalog.names.joined(separator: ", ")).")
  var optimizer: String = TrainingOptions().optimizer

  @Option(help: "How the rate changes: \(ScheduleCatalog.names.joined(separator: ", ")).")
  var schedule: String = TrainingOptions().schedule

  @Option(parsing: .unconditional, help: "Pull of the weights towards zero.")
  var weightDecay: Float = TrainingOptions().weightDecay

  @Option(
    parsing: .unconditional,
    help: "Epochs without a lower validation loss after which training ends.")
  var patience: Int = TrainingOptions().patience

  @Option(
    name: .customLong("val"), parsing: .unconditional, help: "Fraction kept back for validation.")
  var validation: Double = 0.2

  @Option(parsing: .unconditional, help: "Fraction kept back that training never sees.")
  var test: Double = 0

  @Option(help: "Weight rare classes more: auto or none.")
  var balance: Balance = .auto

  @Option(parsing: .unconditional, help: "Seed of the split and of everything random.")
  var seed: UInt64 = 1

  @Flag(help: "Say what would be done and how long it takes, and stop.")
  var estimate = false

  @Flag(help: "Stop if a single photo cannot be read.")
  var strict = false

  @Flag(help: "Replace the run folder given with -o.")
  var force = false

  @Option(name: [.customShort("o"), .customLong("out")], help: "Folder of the run.")
  var output: String?

  @OptionGroup var modelFlags: ModelFlags
  @OptionGroup var runFlags: RunFlags

  enum Balance: String, ExpressibleByArgument, CaseIterable { case auto, none }

  func validate() throws {
    guard validation >= 0, test >= 0, validation + test < 1 else {
      throw ValidationError("--val \(validation) and --test \(test) leave nothing to train on")
    }
  }

  func run() throws {
    try checkWords()
    try runFlags.apply()
    try FinetuneSession(self, folder: PathArguments.path(words[words.count - 1])).run()
  }

  /// Not part of `validate`, which comes before unknown flags are reported: the value of a flag that
  /// is misspelt counts as a word.
  private func checkWords() throws {
    guard words.count == 1 || (words.count == 2 && words[0] == "on") else {
      throw ValidationError(
        words.count == 2
          ? "'\(words[0])' stands where 'on' or nothing is expected"
          : "expected one folder of photos, got \(words.map { "'\($0)'" }.joined(separator: " "))")
    }
  }
}

extension TrainingDepth: ExpressibleByArgument {}
