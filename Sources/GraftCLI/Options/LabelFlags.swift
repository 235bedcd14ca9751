import ArgumentParser
import Graft

/// Where it is written what photos show, for commands that need to know: class folders unless one of
/// these flags says otherwise.
struct LabelFlags: ParsableArguments {
  @Option(
    help: """
      CSV that says what photos show: a column path, file or filename, a column label, and split \
      (train, val, test) where it is split. Paths are relative to the folder, or to that of the CSV.
      """)
  var labels: String?

  @Option(
    help: """
      Take labels out of the names of the files: a regular expression with one group, the label, \
      such as '(.+)_\\d+'.
      """)
  var labelsFromName: String?

  @Option(help: "What stands between several labels of a photo in a CSV. (default: |)")
  var labelDelimiter: String?

  func validate() throws {
    if labels != nil, labelsFromName != nil {
      throw ValidationError("--labels and --labels-from-name exclude each other")
    }
    if let labelDelimiter {
      if labelDelimiter.isEmpty {
        throw ValidationError("--label-delimiter is empty; expected a character, such as ' '")
      }
      if labels == nil {
        throw ValidationError("--label-delimiter is for the labels of a CSV: --labels FILE.csv")
      }
    }
  }

  /// What the flags say.
  var source: LabelSource {
    if let labels {
      return .table(PathArguments.path(labels), delimiter: labelDelimiter ?? "|")
    }
    return labelsFromName.map { .fileNames(pattern: $0) } ?? .folders
  }

  /// The photos of a folder.
  func photos(in folder: FilePath, _ task: LearningTask) throws(GraftError) -> ImageFolder {
    try Self.photos(in: folder, source, task)
  }

  static func photos(
    in folder: FilePath, _ source: LabelSource, _ task: LearningTask
  ) throws(GraftError) -> ImageFolder {
    do {
      try source.validate()
    } catch {
      throw GraftError(error.message, kind: .usage)
    }
    do {
      return try ImageFolder(folder, labels: source, task: task)
    } catch {
      throw GraftError(error)
    }
  }

  /// The flags as they would be typed, each with a blank before it.
  var words: String {
    (labels.map { " --labels \($0)" } ?? "")
      + (labelsFromName.map { " --labels-from-name '\($0)'" } ?? "")
      + (labelDelimiter.map { " --label-delimiter '\($0)'" } ?? "")
  }
}

extension LabelSource {
  /// `labels from labels.csv`; nil where class folders say them.
  var words: String? {
    switch self {
    case .folders: nil
    case .table(let file, _): "labels from \(file.displayText)"
    case .fileNames(let pattern): "labels from the names of files, by '\(pattern)'"
    }
  }
}
