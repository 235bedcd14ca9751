import ArgumentParser
import Foundation
import Graft

/// `graft evaluate <model> <folder>`
struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure a model on a folder of photos with known classes.",
    discussion: """
      Examples:
        graft evaluate pets.onnx my-photos
        graft evaluate runs/my-photos-vgg16-1 my-photos --split test
        graft evaluate pets.onnx my-photos --labels labels.csv

      A run that was trained with --labels or --labels-from-name remembers them for its own folder. \
      A file behind --labels that is no CSV names the outputs of a model, one a line.
      """)

  @Argument(help: "A model's name, or a path to an .onnx file or a run.")
  var model: String

  @Argument(help: "A folder with one subfolder per class, or with train/ and val/.")
  var folder: String

  @Option(help: "Which photos: all, train, val or test, of a folder that has these.")
  var split: Part = .all

  @OptionGroup var labelFlags: LabelFlags
  @OptionGroup var modelFlags: ModelFlags
  @OptionGroup var runFlags: RunFlags

  enum Part: String, ExpressibleByArgument, CaseIterable { case all, train, val, test }

  func run() throws {
    try runFlags.apply()
    let place = PathArguments.path(self.folder)
    let source = source(of: place)
    if source != labelFlags.source, let words = source.words {
      runFlags.talk.say("\(words), as the run has them")
    }
    // What the photos are said to show depends on the model, unless their folders say it.
    let model = source == .folders ? nil : try load()
    let folder = try LabelFlags.photos(in: place, source, model?.task ?? .classification)
    let samples = try samples(of: folder)
    try evaluate(try model ?? load(), on: folder, samples)
  }

  private func load() throws(GraftError) -> Model {
    let model = try modelFlags.load(model, fetching: runFlags.talk)
    return try names.map { names throws(GraftError) in try LabelFile.naming(model, names) } ?? model
  }

  private func evaluate(
    _ model: Model, on folder: ImageFolder, _ samples: [Sample]
  ) throws(GraftError) {
    guard model.task == folder.task else {
      throw GraftError(
        "\(self.model) says \(model.task == .regression ? "values" : "several labels"); give those of "
          + "the photos with --labels FILE.csv", kind: .usage)
    }
    model.warnAboutPreprocessing(runFlags.talk)
    var bar = ProgressBar("photos", total: samples.count, isShown: !runFlags.talk.isQuiet)
    func progress(_ done: Int) -> Directive {
      bar.update(done)
      return Interruption.directive
    }
    guard model.task == .classification else {
      let result = try model.evaluateTargets(
        on: folder, samples: samples, caching: runFlags.caching, plan: runFlags.plan,
        onProgress: progress)
      bar.finish()
      try checkIsWhole(result.rows.count, of: samples.count)
      try show(result)
      return try refuse(result.unreadable, of: samples.count)
    }
    let result = try model.evaluate(
      on: folder, samples: samples, caching: runFlags.caching, plan: runFlags.plan,
      onProgress: progress)
    bar.finish()
    try checkIsWhole(result.rows.count, of: samples.count)
    if runFlags.json {
      try Output.standard.json(result.report)
    } else {
      try Output.standard.line("accuracy \(result.report.words)")
      try Output.standard.line()
      for line in result.report.lines(result.classes) { try Output.standard.line(line) }
    }
    try refuse(result.unreadable, of: samples.count)
  }

  private func checkIsWhole(_ done: Int, of count: Int) throws(GraftError) {
    guard Interruption.directive == .stop else { return }
    throw Interruption.error("stopped after \(done) of \(count) photos")
  }

  private func show(_ result: TargetEvaluation) throws(GraftError) {
    let out = Output.standard
    if let report = result.multiLabel {
      if runFlags.json { return try out.json(report) }
      try out.line(report.summary)
      try out.line()
      for line in report.labelTable(result.outputs) { try out.line(line) }
    }
    if let report = result.regression {
      if runFlags.json { return try out.json(report) }
      try out.line(report.summary)
      try out.line()
      for line in report.valueTable(result.outputs) { try out.line(line) }
    }
  }

  private func refuse(
    _ unreadable: [(path: FilePath, error: DataError)], of count: Int
  ) throws(GraftError) {
    guard !unreadable.isEmpty else { return }
    throw GraftError(
      "\(unreadable.count) of \(count) photos cannot be read",
      hints: unreadable.prefix(10).map { "\($0.path.displayText): \($0.error.message)" })
  }

  /// Names of outputs, where the file behind --labels is a list of these.
  private var names: FilePath? {
    labelFlags.labels.map { PathArguments.path($0) }.flatMap { LabelSource.isTable($0) ? nil : $0 }
  }

  /// What the flags say, or, where they say nothing, what the run was trained with on this folder.
  private func source(of folder: FilePath) -> LabelSource {
    if names != nil { return .folders }
    guard labelFlags.source == .folders, let facts = RunFolder(FilePath(model))?.facts,
      FilePath(facts.photos) == folder.absolute
    else { return labelFlags.source }
    return facts.labelSource
  }

  private func samples(of folder: ImageFolder) throws(GraftError) -> [Sample] {
    let chosen: [Sample]?
    switch split {
    case .all: chosen = folder.allSamples
    case .train: chosen = folder.samples
    case .val: chosen = folder.validation
    case .test: chosen = folder.test
    }
    guard let chosen else {
      throw GraftError("\(self.folder): the folder has no part '\(split.rawValue)'", kind: .missing)
    }
    return chosen
  }
}

extension ValidationReport {
  /// Tables for a terminal.
  func lines(_ classes: [String]) -> [String] {
    classTable(classes) + [""] + confusionTable(classes)
  }
}
