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
      """)

  @Argument(help: "A model's name, or a path to an .onnx file or a run.")
  var model: String

  @Argument(help: "A folder with one subfolder per class, or with train/ and val/.")
  var folder: String

  @Option(help: "Which photos: all, train, val or test, of a folder that has these.")
  var split: Part = .all

  @OptionGroup var modelFlags: ModelFlags
  @OptionGroup var runFlags: RunFlags

  enum Part: String, ExpressibleByArgument, CaseIterable { case all, train, val, test }

  func run() throws {
    try runFlags.apply()
    let folder: ImageFolder
    do { folder = try ImageFolder(PathArguments.path(self.folder)) } catch {
      throw GraftError(error)
    }
    let samples = try samples(of: folder)
    let model = try modelFlags.load(model, fetching: runFlags.talk)
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
