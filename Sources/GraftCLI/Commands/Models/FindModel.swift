import ArgumentParser
import Graft

/// `graft models where`
struct FindModel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "where", abstract: "Print where a model's file is.")

  @Argument(help: "Name of a model.")
  var name: String

  func run() throws {
    let record = try ModelRecord.known(name)
    guard let path = ModelLocator.path(of: record.name) else {
      throw ModelLocator.notFound(record.name)
    }
    try Output.standard.line(path.string)
  }
}
