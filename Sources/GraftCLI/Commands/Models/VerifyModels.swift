import ArgumentParser
import Foundation
import Graft

/// `graft models verify`
struct VerifyModels: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check the SHA-256 of models that are here.")

  @Argument(help: "Names of models; all that are here, unless given.")
  var names: [String] = []

  func run() throws {
    Interruption.listen()
    let records = names.isEmpty ? ModelRecord.all : try names.map(ModelRecord.known)
    var damaged: [String] = []
    var count = 0
    for record in records {
      guard let path = ModelLocator.path(of: record.name) else {
        guard names.isEmpty else { throw ModelLocator.notFound(record.name) }
        continue
      }
      guard Interruption.directive == .proceed else { throw Interruption.error("stopped.") }
      count += 1
      let isIntact = try ModelStore.isIntact(path, record)
      if !isIntact { damaged.append(record.name) }
      try Output.standard.line(
        "\(record.name)  \(isIntact ? "right" : "not the published file")  \(path.string)")
    }
    try Output.standard.flush()
    if count == 0 {
      throw GraftError(
        "no known model is on this machine.", kind: .missing,
        hints: ["graft models pull squeezenet1.1 fetches one"])
    }
    guard damaged.isEmpty else {
      throw GraftError(
        "\(damaged.joined(separator: ", ")): not what was published.",
        hints: ["delete the file, then: graft models pull \(damaged[0])"])
    }
  }
}
