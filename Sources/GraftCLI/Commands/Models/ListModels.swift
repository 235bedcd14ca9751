import ArgumentParser
import Foundation
import Graft

/// `graft models list`
struct ListModels: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the models: size, accuracy, speed on this machine, licence, where they are.")

  @Flag(help: "Time the models that are here and were not timed yet, some seconds each.")
  var measure = false

  @Flag(help: "List all published files of each model, not its own alone.")
  var files = false

  @Flag(help: "One JSON document on standard output.")
  var json = false

  @Flag(name: .shortAndLong, help: "Say nothing but results, notes and errors.")
  var quiet = false

  func run() throws {
    var speeds = ModelSpeeds()
    if measure { try measure(&speeds) }
    let records = files ? ModelRecord.files : ModelRecord.all
    if json { return try Output.standard.json(records.map { ListedModel($0, speeds) }) }
    var table = Columns([.left, .left, .right, .right, .right, .left, .left])
    table.append(["name", "family", "MB", "top-1", "photos/s here", "licence", "here"])
    if let card = EmbeddedCard.ofDefault {
      table.append([
        card.name, "graft", String(format: "%.1f", Double(card.bytes) / 1e6),
        String(format: "%.1f %%", card.accuracy.top1), "", card.licence, "part of graft",
      ])
    }
    for record in records {
      table.append([
        record.name, record.family, String(format: "%.0f", Double(record.bytes) / 1e6),
        record.accuracy.map { String(format: "%.1f %%", $0.top1) } ?? "",
        speeds[record].map { String(format: "%.0f", $0.photosPerSecond) } ?? "", record.licence,
        ModelLocator.path(of: record.name)?.string.printable ?? "",
      ])
    }
    for line in table.lines() { try Output.standard.line(line) }
    guard records.contains(where: { ModelLocator.path(of: $0.name) != nil && speeds[$0] == nil })
    else { return }
    try Output.standard.flush()
    let talk = Talk(isQuiet: quiet)
    talk.say("")
    talk.say("Next    graft models list --measure times those that are here")
  }

  /// A model that cannot be run is said, and the others are timed.
  private func measure(_ speeds: inout ModelSpeeds) throws {
    Interruption.listen()
    let talk = Talk(isQuiet: quiet || json)
    for record in ModelRecord.all {
      guard ModelLocator.path(of: record.name) != nil, speeds[record] == nil else { continue }
      var bar = ProgressBar(record.name, total: 100, isShown: !talk.isQuiet)
      do throws(GraftError) {
        let isNoisy = try speeds.measure(record) { fraction in
          bar.update(min(Int(100 * fraction), 99))
          return Interruption.directive
        }
        bar.update(100)
        bar.finish()
        if isNoisy { talk.warn("\(record.name): other programs were busy meanwhile") }
      } catch {
        bar.clear()
        guard Interruption.directive == .proceed else { throw Interruption.error("stopped.") }
        talk.warn("\(record.name) cannot be timed: \(error.message)")
      }
    }
  }
}

/// A record with what this machine adds to it.
private struct ListedModel: Encodable {
  private enum Key: String, CodingKey { case path, photosPerSecond }

  let record: ModelRecord
  let path: String?
  let photosPerSecond: Double?

  init(_ record: ModelRecord, _ speeds: ModelSpeeds) {
    self.record = record
    path = ModelLocator.path(of: record.name)?.string
    photosPerSecond = speeds[record]?.photosPerSecond
  }

  func encode(to encoder: any Encoder) throws {
    try record.encode(to: encoder)
    var container = encoder.container(keyedBy: Key.self)
    try container.encodeIfPresent(path, forKey: .path)
    try container.encodeIfPresent(photosPerSecond, forKey: .photosPerSecond)
  }
}
