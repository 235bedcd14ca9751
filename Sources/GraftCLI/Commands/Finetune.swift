import ArgumentParser
import Foundation
import Graft

/// `graft finetune <model> [on] <folder>`
struct Finetune: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a new head for your photos on a pretrained network, and the layers below it.",
    usage: """
      graft finetune <model> [on] <folder> [options]
      graft finetune --resume <run>
      """,
    discussion: """
      Examples:
        graft finetune vgg16 on my-photos
        graft finetune resnet50.onnx on my-photos --depth block --augment light -o runs/pets
        graft finetune resnet50.onnx on my-photos --head mlp:512 --cut layer3
        graft finetune vgg16 on my-photos --labels labels.csv
        graft finetune vgg16 on my-photos --labels-from-name '(.+)_\\d+'
        graft finetune vgg16 on my-photos --labels labels.csv --multi-label
        graft finetune --resume runs/pets

      The folder has one subfolder per class, or train/ and val/ (and test/) with one per class, \
      unless --labels or --labels-from-name says what photos show. \
      A folder that is really called 'on' is ./on.
      """)

  @Argument(help: "A model's name, or a path to an .onnx file or a run.")
  var model: String?

  @Argument(help: ArgumentHelp("The folder of photos.", valueName: "folder"))
  var words: [String] = []

  @Option(help: "Go on with the run in this folder, as if it had never been interrupted.")
  var resume: String?

  @Option(
    name: .customLong("val"), parsing: .unconditional, help: "Fraction kept back for validation.")
  var validation: Double = 0.2

  @Option(parsing: .unconditional, help: "Fraction kept back that training never sees.")
  var test: Double = 0

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

  @OptionGroup(title: "Head") var headFlags: HeadFlags
  @OptionGroup(title: "Training") var training: TrainingFlags
  @OptionGroup(title: "Labels") var labelFlags: LabelFlags
  @OptionGroup(title: "Labels") var taskFlags: TaskFlags
  @OptionGroup(title: "Model") var modelFlags: ModelFlags
  @OptionGroup(title: "Everywhere") var runFlags: RunFlags

  func validate() throws {
    for (flag, fraction) in [("--val", validation), ("--test", test)] where !(fraction >= 0) {
      throw ValidationError("\(flag) is \(fraction); expected 0 or above, below 1")
    }
    guard validation + test < 1 else {
      throw ValidationError("--val \(validation) and --test \(test) leave nothing to train on")
    }
  }

  func run() throws {
    if let resume { return try self.resume(FilePath(resume)) }
    let model = try checkWords()
    try runFlags.apply()
    try FinetuneSession(self, model: model, folder: PathArguments.path(words[words.count - 1]))
      .run()
  }

  /// Not part of `validate`, which comes before unknown flags are reported: the value of a flag that
  /// is misspelt counts as a word.
  private func checkWords() throws -> String {
    guard let model else { throw ValidationError("Missing expected argument '<model>'") }
    guard !words.isEmpty else { throw ValidationError("Missing expected argument '<folder>'") }
    guard words.count == 1 || (words.count == 2 && words[0] == "on") else {
      throw ValidationError(
        words.count == 2
          ? "'\(words[0])' stands where 'on' or nothing is expected"
          : "expected one folder of photos, got \(words.map { "'\($0)'" }.joined(separator: " "))")
    }
    return model
  }
}

// MARK: - Going on

extension Finetune {
  /// Runs the command again that the folder remembers, from its checkpoint on.
  private func resume(_ path: FilePath) throws {
    guard model == nil, words.isEmpty else {
      throw ValidationError("--resume takes model, photos and settings from the run")
    }
    try runFlags.apply()
    _ = try RunFolder(resuming: path)  // says what is wrong with the path as it was typed
    let folder = try RunFolder(resuming: path.absolute)
    guard let facts = folder.facts, let arguments = facts.arguments,
      let command = try? Finetune.parse(arguments), let model = command.model,
      let words = command.words.last
    else {
      throw GraftError(
        "\(path.displayName): run.json does not say how the run began; begin it anew")
    }
    // Paths were given as seen from there.
    if let directory = facts.workingDirectory,
      !FileManager.default.changeCurrentDirectoryPath(directory)
    {
      throw GraftError(
        "\(DisplayName.escaped(directory)): the folder in which the run began is not there any "
          + "more", kind: .missing)
    }
    var going = command
    // How to compute and talk is this command's affair; what to compute is the run's.
    (going.runFlags.threads, going.runFlags.quiet) = (runFlags.threads, runFlags.quiet)
    going.runFlags.json = runFlags.json
    try FinetuneSession(going, model: model, folder: PathArguments.path(words), resuming: folder)
      .run()
  }
}
