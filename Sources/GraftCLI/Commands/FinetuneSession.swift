import Foundation
import Graft

/// One run of `graft finetune`: says what is there, trains, writes the run folder, says what came
/// out.
struct FinetuneSession {
  let command: Finetune
  let folderPath: FilePath
  private var talk: Talk { command.runFlags.talk }

  init(_ command: Finetune, folder: FilePath) {
    self.command = command
    folderPath = folder
  }

  func run() throws(GraftError) {
    try checkSettings()
    try checkOutput()
    let folder: ImageFolder
    do {
      folder = try ImageFolder(folderPath)
    } catch {
      throw GraftError(error)
    }
    let base = try command.modelFlags.load(command.model)
    let photos = try folder.split(
      validation: command.validation, test: command.test, seed: command.seed)
    sayData(folder, photos)
    let model = try base.replacingHead(classes: photos.labels, seed: command.seed)
    try sayModel(model, classes: photos.labels.count)

    let progress = FinetuneProgress(talk)
    let finished: FineTuningRun
    do {
      finished = try model.fineTune(on: photos, options: options(for: photos)) { event in
        progress.show(event)
        if case .planned = event, command.estimate { return .stop }
        return Interruption.directive
      }
    } catch  where error.kind == .interrupted {
      progress.clear()
      if command.estimate, Interruption.directive == .proceed { return }
      throw Interruption.error(
        "stopped before the run was complete; nothing was written",
        hints: ["Features computed so far are kept: the same command goes on from there."])
    }
    progress.finish()
    if Interruption.directive == .stop {
      throw Interruption.error("stopped while the head was learning; nothing was written")
    }
    let isNew = command.output.map { !FileManager.default.fileExists(atPath: $0) } ?? true
    let run = try RunFolder.create(
      at: command.output.map { FilePath($0) }, photos: folderPath, model: base.name,
      replaces: command.force)
    let check: ExportCheck
    do {
      check = try run.write(
        finished, modelGiven: command.model, caching: command.runFlags.caching,
        plan: command.runFlags.plan)
    } catch {
      // A folder without a model would only stand in the way of the next attempt.
      if isNew { try? FileManager.default.removeItem(atPath: run.path.string) }
      throw error
    }
    try FinetuneSummary(finished, run, check, json: command.runFlags.json).show()
  }

  /// A setting that cannot be is said before the work, not after.
  private func checkSettings() throws(GraftError) {
    do {
      _ = try HeadTrainer(training)
    } catch {
      throw GraftError(error.message, kind: .usage, hints: error.hints)
    }
  }

  /// An output that cannot be is said before the work, not after.
  private func checkOutput() throws(GraftError) {
    guard let output = command.output else {
      return try OutputPlace("runs").checkFolder(replaces: true)
    }
    try OutputPlace(output).checkFolder(replaces: command.force)
  }

  private var training: TrainingOptions {
    var training = TrainingOptions()
    training.epochs = command.epochs
    training.learningRate = command.learningRate
    training.batchSize = command.batch
    training.optimizer = command.optimizer
    training.schedule = command.schedule
    training.weightDecay = command.weightDecay
    training.patience = command.patience
    training.seed = command.seed
    return training
  }

  private func options(for photos: SplitPhotos) -> FineTuningOptions {
    FineTuningOptions(
      depth: command.depth, training: training, balancesClasses: balances(photos),
      caching: command.runFlags.caching, skippableFraction: command.strict ? 0 : 0.05,
      plan: command.runFlags.plan)
  }

  /// Classes are weighted where the largest has twice the photos of the smallest.
  private func balances(_ photos: SplitPhotos) -> Bool {
    guard command.balance == .auto else { return false }
    let counts = photos.countsPerClass(photos.samples.indices)
    return (counts.max() ?? 0) >= 2 * max(counts.min() ?? 0, 1)
  }
}

// MARK: - What is said before

extension FinetuneSession {
  private func sayData(_ folder: ImageFolder, _ photos: SplitPhotos) {
    let counts = photos.countsPerClass(photos.samples.indices)
    let classes = zip(photos.labels, counts).map { "\($0) \($1)" }
    let shown = classes.prefix(12).joined(separator: ", ") + (classes.count > 12 ? ", …" : "")
    talk.say(
      "Data    \(folderPath.displayText): \(photos.samples.count) photos, \(photos.labels.count) classes "
        + "(\(shown))")
    if folder.hiddenCount > 0 {
      talk.say("        \(folder.hiddenCount) hidden files and folders left out")
    }
    if !photos.split.duplicates.isEmpty {
      talk.say(
        "        \(photos.split.duplicates.count) groups of identical photos, each kept on one side"
      )
    }
    for group in photos.split.conflicts.prefix(3) {
      let names = group.map { photos.samples[$0].path.displayText }.joined(separator: " and ")
      talk.warn("the same photo is in two classes: \(names)")
    }
    for group in photos.split.leaks.prefix(3) {
      let names = group.map { photos.samples[$0].path.displayText }.joined(separator: " and ")
      talk.warn("the same photo is on both sides of the split: \(names)")
    }
    if balances(photos) {
      talk.say("        classes differ in size; rare ones weigh more (--balance none: all alike)")
    }
    let small = zip(photos.labels, counts).filter { $0.1 < 20 }.map { "\($0.0) \($0.1)" }
    if !small.isEmpty {
      talk.say(
        "        few photos: \(small.prefix(5).joined(separator: ", "))"
          + (small.count > 5 ? " and \(small.count - 5) more classes" : "")
          + "; 20 or more of a class are better")
    }
    let drawn =
      folder.validation == nil
      ? "\(percent(command.validation)), by content" : "as the folder has it"
    let test = photos.split.test.isEmpty ? "" : " · test \(photos.split.test.count)"
    talk.say(
      "        train \(photos.split.train.count) · validation \(photos.split.validation.count) "
        + "(\(drawn))\(test)")
  }

  private func sayModel(_ model: Model, classes: Int) throws(GraftError) {
    let cut: HeadCut
    do { cut = try model.graph.headCut() } catch { throw GraftError(error) }
    let isVector = cut.featureShape.elementCount == cut.featureShape[0]
    let size = isVector ? "\(cut.featureShape[0])" : "\(cut.featureShape)"
    talk.say(
      "Model   \(model.name)  new head at \(cut.nodeName) (\(cut.opType)): \(size) → \(classes)")
    talk.say("        \(model.preprocessing.words)  (\(model.preprocessingOrigin.words))")
    model.warnAboutPreprocessing(talk)
  }
}

func percent(_ fraction: Double) -> String {
  let value = fraction * 100
  return value == value.rounded()
    ? "\(Int(value)) %" : String(format: "%.1f %%", value)
}
