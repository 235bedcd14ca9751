import ArgumentParser
import Foundation
import Graft

/// `graft lr-find <model> [on] <folder>`
struct LrFind: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lr-find",
    abstract: "Find a learning rate: train with ever higher ones for some steps and draw the loss.",
    usage: "graft lr-find <model> [on] <folder> [options]",
    discussion: """
      Examples:
        graft lr-find vgg16 on my-photos --depth block
        graft finetune vgg16 on my-photos --depth block --lr 0.0002

      Nothing is kept but the picture and, beside it, the numbers.
      """)

  @Argument(help: "A model's name, or a path to an .onnx file or a run.")
  var model: String

  @Argument(help: ArgumentHelp("The folder of photos.", valueName: "folder"))
  var words: [String]

  @Option(name: .customLong("from"), parsing: .unconditional, help: "The lowest rate.")
  var lowest: Double = 1e-6

  @Option(name: .customLong("to"), parsing: .unconditional, help: "The highest rate.")
  var highest: Double = 1

  @Option(parsing: .unconditional, help: "Steps, at most: it ends where the loss explodes.")
  var steps: Int = 100

  @Option(parsing: .unconditional, help: "Seed of the split and of everything random.")
  var seed: UInt64 = 1

  @Option(name: [.customShort("o"), .customLong("out")], help: "The picture.")
  var output: String = "lr-find.svg"

  @Flag(help: "Replace the picture where there is one.")
  var force = false

  @OptionGroup(title: "Head") var headFlags: HeadFlags
  @OptionGroup(title: "Training") var training: TrainingFlags
  @OptionGroup(title: "Labels") var labelFlags: LabelFlags
  @OptionGroup(title: "Labels") var taskFlags: TaskFlags
  @OptionGroup(title: "Model") var modelFlags: ModelFlags
  @OptionGroup(title: "Everywhere") var runFlags: RunFlags

  func validate() throws {
    guard lowest > 0, highest > lowest, highest.isFinite else {
      throw ValidationError("--from \(lowest) --to \(highest): expected rates above 0, rising")
    }
    guard (10...100_000).contains(steps) else {
      throw ValidationError("--steps is \(steps); expected 10 to 100000")
    }
  }

  func run() throws {
    guard words.count == 1 || (words.count == 2 && words[0] == "on") else {
      throw ValidationError(
        "expected one folder of photos, got \(words.map { "'\($0)'" }.joined(separator: " "))")
    }
    try runFlags.apply()
    let place = OutputPlace(output)
    try place.checkFile(replaces: force)
    let table = FilePath(output + ".csv")
    try OutputPlace(table.string).checkFile(replaces: force)
    try taskFlags.check(labelFlags, training)
    let options = try training.options(
      seed: seed, balances: false, task: taskFlags.task, runFlags, strict: false)
    _ = try headFlags.parsed()
    let photos = try read(PathArguments.path(words[words.count - 1]))
    let base = try headFlags.load(model, modelFlags, talk: runFlags.talk)
    let model = try headFlags.graft(
      on: base, model, classes: photos.labels, task: photos.task, seed: seed)
    let found = try search(model, photos, options)
    guard Interruption.directive == .proceed else {
      throw Interruption.error("stopped before the end; nothing was written")
    }
    try place.write(found.plot.svg())
    try OutputPlace(table.string).write(found.curve.csv)
    try show(found, folder: words[words.count - 1], table: table)
  }

  private func read(_ path: FilePath) throws(GraftError) -> SplitPhotos {
    try labelFlags.photos(in: path, taskFlags.task).split(seed: seed)
  }

  private func search(
    _ model: Model, _ photos: SplitPhotos, _ options: FineTuningOptions
  ) throws(GraftError) -> RateSearch {
    let progress = FinetuneProgress(
      runFlags.talk, keepsFeatures: runFlags.caching != .off)
    var bar: ProgressBar?
    defer { bar?.finish() }
    return try model.findRate(
      on: photos, options: options, rates: lowest...highest, steps: steps
    ) { event in
      progress.show(event)
      return Interruption.directive
    } onStep: { done in
      if bar == nil { progress.finish() }
      if bar == nil { bar = ProgressBar("steps", total: steps, isShown: !runFlags.talk.isQuiet) }
      bar?.update(done)
      return Interruption.directive
    }
  }
}

// MARK: - What was found

extension LrFind {
  private func show(_ found: RateSearch, folder: String, table: FilePath) throws(GraftError) {
    if runFlags.json { return try showJSON(found) }
    let out = Output.standard
    guard let suggestion = found.curve.suggestion, let steepest = found.curve.steepest else {
      try out.line("No rate from \(short(lowest)) to \(short(highest)) lowers the loss.")
      try out.line("Wrote   \(output) and \(table)")
      return
    }
    // Where it ended before its steps were over.
    let exploded = found.curve.points.count < steps ? found.curve.points.last?.rate : nil
    try out.line("Rate    \(short(suggestion)) for \(found.phase)")
    try out.line(
      "        the loss falls fastest at \(short(steepest)); a tenth of where it is lowest is "
        + short(found.curve.tenthOfLowest ?? suggestion)
        + (exploded.map { "; at \(short($0)) it explodes" } ?? ""))
    try out.line("Wrote   \(output) and \(table)")
    try out.line()
    try out.line(
      "Next    graft finetune \(model) on \(folder)\(labelFlags.words)\(taskFlags.words)"
        + " --depth \(training.depth)\(headFlags.words(with: modelFlags))"
        + "\(training.wordsForRate) --lr \(short(suggestion))")
  }

  private func showJSON(_ found: RateSearch) throws(GraftError) {
    struct Document: Encodable {
      var phase: String
      var suggestion: Double?
      var steepest: Double?
      var tenthOfLowest: Double?
      var points: [RateCurve.Point]
    }
    try Output.standard.json(
      Document(
        phase: found.phase, suggestion: found.curve.suggestion, steepest: found.curve.steepest,
        tenthOfLowest: found.curve.tenthOfLowest, points: found.curve.points))
  }

  /// Two significant digits.
  private func short(_ number: Double) -> String { String(format: "%.2g", number) }
}
