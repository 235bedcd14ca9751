import Foundation
import Graft

/// Shows the events of a fine-tuning run.
final class FinetuneProgress {
  private let talk: Talk
  private var bar: ProgressBar?
  private var phase: Phase?

  /// A phase that learns.
  private struct Phase {
    let name: String
    let epochs: Int
    /// Epochs without a better one after which it ends.
    let patience: Int
    let start = ContinuousClock.now
    var lastDrawn = ContinuousClock.now
    /// Steps that were done before this process, and since.
    var steps: (before: Int, done: Int)?
    var last: EpochMetrics?
    var best: EpochMetrics?

    var title: String { name.padding(toLength: max(name.count, 9), withPad: " ", startingAt: 0) }
  }

  private let keepsFeatures: Bool
  /// Is the plan said even where nothing takes long?
  private let isAskedForPlan: Bool

  init(_ talk: Talk, keepsFeatures: Bool, isAskedForPlan: Bool = false) {
    self.talk = talk
    self.keepsFeatures = keepsFeatures
    self.isAskedForPlan = isAskedForPlan
  }

  func show(_ event: FineTuningEvent) {
    switch event {
    case .planned(let phases): show(phases)
    case .featuresStarted(let total, let cached):
      finish()
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
    case .phaseStarted(let name, let settings):
      finish()
      phase = Phase(name: name, epochs: settings.epochs, patience: settings.patience)
    case .training(.stepEnded(let step)): show(step)
    case .training(.epochEnded(let epoch)): show(epoch)
    case .note(let text): talk.warn(text)
    }
  }

  func clear() {
    bar?.clear()
    if phase != nil, Talk.isTerminal { Talk.write("\r\u{1B}[K") }
  }
}

// MARK: - The plan

extension FinetuneProgress {
  /// Says what takes a while, where anything does.
  private func show(_ phases: [FineTuningEvent.PlannedPhase]) {
    guard isAskedForPlan || phases.count > 1 || phases.contains(where: { $0.photos > 0 })
    else { return }
    var lines: [String] = []
    for phase in phases {
      if phase.photos > 0 {
        let purpose = phase.name == "head" ? "" : " for \(phase.name)"
        lines.append(
          "features of " + counted(phase.photos, "photo") + purpose
            + Self.about(phase.featureSeconds)
            + (keepsFeatures ? ", kept for next time" : ""))
      }
      lines.append(phase.name == "head" ? "head, some seconds" : Self.line(for: phase))
    }
    for (number, line) in lines.enumerated() {
      talk.say((number == 0 ? "Plan    " : "        ") + "\(number + 1) \(line)")
    }
    if phases.count > 1 { talk.say("          (--depth head trains the head alone)") }
  }

  /// `block: 9 layers, 5 epochs, about 2:10, 1.2 GB of memory`
  private static func line(for phase: FineTuningEvent.PlannedPhase) -> String {
    let layers = counted(phase.layers, "layer")
    let gigabytes = Double(phase.memoryBytes) / 1e9
    let memory = gigabytes < 0.1 ? "less than 0.1 GB" : String(format: "%.1f GB", gigabytes)
    return "\(phase.name): " + (phase.name == layers ? "" : layers + ", ")
      + counted(phase.epochs, "epoch") + about(phase.learningSeconds ?? 0) + ", \(memory) of memory"
  }

  private static func about(_ seconds: Double) -> String {
    guard seconds > 5 else { return "" }
    return ", about " + ProgressBar.text(.seconds(max(seconds.rounded(.up), 10)))
  }
}

// MARK: - Learning

extension FinetuneProgress {
  /// On a terminal each step is drawn over the last, with the time left.
  private func show(_ step: StepMetrics) {
    let done = (step.epoch - 1) * step.stepsPerEpoch + step.step
    if phase?.steps == nil { phase?.steps = (done - 1, done) }
    phase?.steps?.done = done
    guard var phase, !talk.isQuiet, Talk.isTerminal, phase.last != nil || phase.name != "head",
      ContinuousClock.now - phase.lastDrawn > .milliseconds(100), let steps = phase.steps
    else { return }
    phase.lastDrawn = .now
    self.phase = phase
    let total = phase.epochs * step.stepsPerEpoch
    let left = (phase.lastDrawn - phase.start) * (total - done) / max(done - steps.before, 1)
    let width = 20
    let filled = width * step.step / step.stepsPerEpoch
    let bar =
      String(repeating: "━", count: filled) + String(repeating: "─", count: width - filled)
    let validation = phase.last.map(Self.validation) ?? ""
    Talk.write(
      "\r\u{1B}[K\(phase.title) epoch \(step.epoch)/\(phase.epochs) \(bar)"
        + String(format: "  loss %.4f", step.loss) + validation
        + "  \(ProgressBar.text(left)) left")
  }

  /// Off a terminal the head, whose epochs take moments, is said at its end only; epochs.csv has all.
  private func show(_ epoch: EpochMetrics) {
    phase?.last = epoch
    if epoch.isBest { phase?.best = epoch }
    guard let phase, !talk.isQuiet else { return }
    let text =
      "\(phase.title) epoch \(epoch.epoch)/\(phase.epochs)"
      + String(format: "  loss %.4f", epoch.trainingLoss) + Self.validation(epoch)
    if Talk.isTerminal {
      Talk.write("\r\u{1B}[K" + text)
    } else if phase.name != "head" {
      Talk.write(text + "\n")
    }
  }

  /// Ends the lines of a phase with what the best of its epochs came to.
  func finish() {
    defer { phase = nil }
    guard !talk.isQuiet, let phase, let last = phase.last else { return }
    let start =
      (Talk.isTerminal ? "\r\u{1B}[K" : "") + "\(phase.title) " + counted(last.epoch, "epoch")
    guard let best = phase.best else {
      return Talk.write("\(start), the best before the interruption\n")
    }
    let gainless = last.epoch - best.epoch
    let early =
      gainless >= phase.patience && last.epoch < phase.epochs
      ? "  stopped: no gain for " + counted(gainless, "epoch") : ""
    Talk.write(
      "\(start), best \(best.epoch):" + String(format: "  loss %.4f", best.trainingLoss)
        + Self.validation(best) + early + "\n")
  }

  private static func validation(_ epoch: EpochMetrics) -> String {
    let loss = epoch.validationLoss.map { String(format: "  val loss %.4f", $0) }
    let precision = epoch.validationAveragePrecision.map {
      String(format: "  val mean AP %.1f %%", $0 * 100)
    }
    let accuracy = epoch.validationAccuracy.map {
      String(format: "  val accuracy %.1f %%", $0 * 100)
    }
    return (loss ?? "") + (precision ?? accuracy ?? "")
  }
}
