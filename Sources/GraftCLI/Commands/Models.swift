import ArgumentParser
import Foundation
import Graft

/// `graft models`
struct Models: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the models that graft knows by name.",
    discussion: """
      Example:
        graft models

      A known model's file is looked for in $GRAFT_MODELS, the working folder and graft's cache.
      """)

  @Flag(help: "One JSON document on standard output.")
  var json = false

  func run() throws {
    if json { return try Output.standard.json(ModelRecord.all) }
    var table = Columns([.left, .left, .right, .right, .left, .left])
    table.append(["name", "family", "MB", "top-1", "licence", "here"])
    for record in ModelRecord.all {
      table.append([
        record.name, record.family, String(format: "%.0f", Double(record.bytes) / 1e6),
        record.accuracy.map { String(format: "%.1f %%", $0.top1) } ?? "", record.licence,
        ModelLocator.path(of: record.name)?.string.printable ?? "",
      ])
    }
    for line in table.lines() { try Output.standard.line(line) }
  }
}
