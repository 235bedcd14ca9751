import Foundation
import Graft

/// Shows the events of a fine-tuning run.
final class FinetuneProgress {
  private let talk: Talk
  private var bar: ProgressBar?
  private var epochs = 0
  private var last: EpochMetrics?
  private var best: EpochMetrics?

  init(_ talk: Talk) { self.talk = talk }

  func show(_ event: FineTuningEvent) {
    switch event {
    case .planned(let photos, let seconds):
      guard photos > 0 else { break }
      let time = ProgressBar.text(.seconds(max(seconds.rounded(.up), 10)))
      talk.say(
        "Plan    1 features of \(photos) photos"
          + (seconds > 5 ? ", about \(time)" : "") + ", kept for next time")
      talk.say("        2 head, some seconds")
    case .featuresStarted(let total, let cached):
      if cached == total {
        talk.say("features  \(total) photos, all kept from an earlier run")
      } else {
        if cached > 0 { talk.say("features  \(cached) of \(total) kept from an earlier run") }
        bar = ProgressBar("features", total: total, doneBefore: cached, isShown: !talk.isQuiet)
      }
    case .featuresProgress(let done, let total):
      bar?.update(done)
      if done == total {
        bar?.finish()
        bar = nil
      }
    case .skipped(let skipped):
      for (_, error) in skipped.sorted(by: { $0.key < $1.key }).prefix(5) {
        talk.warn("skipped: \(error.message)")
      }
      if skipped.count > 5 {
        talk.warn("\(skipped.count) photos skipped in all; skipped.csv lists them")
      }
    case .trainingStarted(let settings): epochs = settings.epochs
    case .training(.epochEnded(let epoch)): show(epoch)
    case .training(.stepEnded): break
    case .note(let text): talk.warn(text)
    }
  }

  func clear() { bar?.clear() }

  /// On a terminal each epoch is drawn over the last; off a terminal only the end is said, and
  /// epochs.csv has them all.
  private func show(_ epoch: EpochMetrics) {
    last = epoch
    if epoch.isBest { best = epoch }
    guard !talk.isQuiet, Talk.isTerminal else { return }
    let text = String(
      format: "head      epoch %d/%d  loss %.4f", epoch.epoch, epochs, epoch.trainingLoss)
    Talk.write("\r\u{1B}[K" + text + Self.validation(epoch))
  }

  /// Ends the line of the epochs with what the best of them came to.
  func finish() {
    guard !talk.isQuiet, let last, let best else { return }
    let early =
      last.epoch < epochs ? "  stopped: no gain for \(last.epoch - best.epoch) epochs" : ""
    let text =
      "head      \(last.epoch) epochs, best \(best.epoch):"
      + String(format: "  loss %.4f", best.trainingLoss) + Self.validation(best) + early
    Talk.write((Talk.isTerminal ? "\r\u{1B}[K" : "") + text + "\n")
  }

  private static func validation(_ epoch: EpochMetrics) -> String {
    let loss = epoch.validationLoss.map { String(format: "  val loss %.4f", $0) }
    let accuracy = epoch.validationAccuracy.map {
      String(format: "  val accuracy %.1f %%", $0 * 100)
    }
    return (loss ?? "") + (accuracy ?? "")
  }
}
