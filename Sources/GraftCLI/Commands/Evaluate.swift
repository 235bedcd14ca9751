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
    let folder = try LabelFlags.photos(in: place, source)
    let samples = try samples(of: folder)
    var model = try modelFlags.load(model, fetching: runFlags.talk)
    if let names { model = try LabelFile.naming(model, names) }
    model.warnAboutPreprocessing(runFlags.talk)
    var bar = ProgressBar("photos", total: samples.count, isShown: !runFlags.talk.isQuiet)
    let result = try model.evaluate(
      on: folder, samples: samples, caching: runFlags.caching, plan: runFlags.plan
    ) { done in
      bar.update(done)
      return Interruption.directive
    }
    bar.finish()
    if Interruption.directive == .stop {
      throw Interruption.error("stopped after \(result.rows.count) of \(samples.count) photos")
    }
    if runFlags.json {
      try Output.standard.json(result.report)
    } else {
      try Output.standard.line("accuracy \(result.report.words)")
      try Output.standard.line()
      for line in result.report.lines(result.classes) { try Output.standard.line(line) }
    }
    if !result.unreadable.isEmpty {
      throw GraftError(
        "\(result.unreadable.count) of \(samples.count) photos cannot be read",
        hints: result.unreadable.prefix(10).map { "\($0.path.displayText): \($0.error.message)" })
    }
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
