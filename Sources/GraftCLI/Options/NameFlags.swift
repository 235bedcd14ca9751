import ArgumentParser
import Foundation
import Graft

/// Names for the outputs of a model whose file has none.
struct NameFlags: ParsableArguments {
  @Option(help: "File with the class names, one a line, in output order.")
  var labels: String?

  /// The model with these names, where any are given.
  func naming(_ model: Model) throws(GraftError) -> Model {
    try labels.map { path throws(GraftError) in
      try LabelFile.naming(model, FilePath(path))
    } ?? model
  }
}

/// A text file with one class name a line.
enum LabelFile {
  /// The model with these names.
  static func naming(_ model: Model, _ path: FilePath) throws(GraftError) -> Model {
    var named = model
    named.labels = try read(path, count: model.classCount)
    return named
  }

  private static func read(_ path: FilePath, count: Int) throws(GraftError) -> [String] {
    guard let text = try? String(contentsOfFile: path.string, encoding: .utf8) else {
      throw GraftError("\(path): no such text file", kind: .missing)
    }
    let labels = text.split(whereSeparator: \.isNewline)
      .map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty }
    guard labels.count == count else {
      throw GraftError("\(path): \(labels.count) names; the network has \(count) outputs")
    }
    return labels
  }
}
