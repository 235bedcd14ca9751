import Foundation
import Graft

/// Where a run is written: its folder is made when there is something to keep.
final class RunPlace {
  private let command: Finetune
  private let facts: RunFolder.Facts
  private let stem: String
  private let photos: FilePath
  private var made: RunFolder?
  /// Was there nothing in its place before?
  private let isNew: Bool
  private var lastKept: ContinuousClock.Instant?
  private var hasCheckpoint: Bool

  init(
    _ command: Finetune, model: String, photos: FilePath, modelGiven: String,
    _ interrupted: RunFolder?
  ) {
    self.command = command
    self.photos = photos
    stem = model
    made = interrupted
    hasCheckpoint = interrupted != nil
    isNew =
      interrupted == nil
      && (command.output.map { !FileManager.default.fileExists(atPath: $0) } ?? true)
    let words =
      interrupted?.facts?.arguments
      ?? Array(CommandLine.arguments.drop { $0 != "finetune" }.dropFirst())
    facts = RunFolder.Facts(
      photos: photos, model: modelGiven, labels: command.labelFlags.source, arguments: words)
  }

  /// The folder of the run, made when it is first asked for.
  func folder() throws(GraftError) -> RunFolder {
    if let made { return made }
    let folder = try RunFolder.create(
      at: command.output.map { FilePath($0) }, photos: photos, model: stem,
      replaces: command.force)
    made = folder
    return folder
  }

  /// How far a run may go on before its state is kept again: epochs of a head take milliseconds.
  private static let interval = Duration.seconds(5)

  /// Keeps where the run is, unless that was done a moment ago.
  func keep(_ checkpoint: FineTuningCheckpoint) throws(GraftError) {
    let now = ContinuousClock.now
    if let lastKept, now - lastKept < Self.interval, Interruption.directive == .proceed { return }
    let folder = try folder()
    if !hasCheckpoint { try folder.write(facts) }
    try checkpoint.write(to: folder.checkpoint)
    hasCheckpoint = true
    lastKept = .now
  }

  /// What to say to somebody who stopped the run.
  var interruption: GraftError {
    guard hasCheckpoint, let made else {
      return Interruption.error(
        "stopped before the run was complete; nothing was written",
        hints: ["Features computed so far are kept: the same command goes on from there."])
    }
    return Interruption.error(
      "stopped before the run was complete; \(made.path.displayName) keeps where it was",
      hints: ["graft finetune --resume \(made.path.displayName)   goes on from there."])
  }

  /// A folder without model or checkpoint would only stand in the way of the next attempt.
  func removeIfUseless() {
    guard isNew, !hasCheckpoint, let made else { return }
    try? FileManager.default.removeItem(atPath: made.path.string)
  }

  /// Writes what came out.
  func write(_ run: FineTuningRun) throws(GraftError) -> ExportCheck {
    let folder = try folder()
    do {
      return try folder.write(
        run, facts: facts, caching: command.runFlags.caching, plan: command.runFlags.plan)
    } catch {
      removeIfUseless()
      throw error
    }
  }
}
