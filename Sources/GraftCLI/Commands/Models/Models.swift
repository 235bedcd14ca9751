import ArgumentParser
import Foundation
import Graft

/// `graft models`
struct Models: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List, fetch and check the models that graft knows.",
    discussion: """
      Examples:
        graft models
        graft models pull vgg16
        graft models add ~/Downloads/resnet50-v1-7.onnx

      A model's file is looked for in $GRAFT_MODELS, the working folder and graft's cache.
      """,
    subcommands: [
      ListModels.self, PullModels.self, AddModel.self, VerifyModels.self, FindModel.self,
    ],
    defaultSubcommand: ListModels.self)
}

/// `graft models list`
struct ListModels: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the models: size, accuracy, licence, where they are.")

  @Flag(help: "One JSON document on standard output.")
  var json = false

  func run() throws {
    if json { return try Output.standard.json(ModelRecord.all) }
    var table = Columns([.left, .left, .right, .right, .left, .left])
    table.append(["name", "family", "MB", "top-1", "licence", "here"])
    if let card = EmbeddedCard.ofDefault {
      table.append([
        card.name, "graft", String(format: "%.1f", Double(card.bytes) / 1e6),
        String(format: "%.1f %%", card.accuracy.top1), card.licence, "part of graft",
      ])
    }
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

extension ModelRecord {
  /// The record of that name.
  static func known(_ name: String) throws(GraftError) -> ModelRecord {
    if let record = named(name) { return record }
    guard name != Model.defaultName else {
      throw GraftError("'default' is part of graft; it has no file.", kind: .usage)
    }
    throw ModelLocator.notFound(name)
  }
}
