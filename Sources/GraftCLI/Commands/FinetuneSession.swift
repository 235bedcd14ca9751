import Foundation
import Graft

/// One run of `graft finetune`: says what is there, trains, writes the run folder, says what came
/// out.
struct FinetuneSession {
  let command: Finetune
  let modelName: String
  let folderPath: FilePath
  /// The run that is to go on; nil for a new one.
  let interrupted: RunFolder?
  private var talk: Talk { command.runFlags.talk }

  init(
    _ command: Finetune, model: String, folder: FilePath, resuming interrupted: RunFolder? = nil
  ) {
    self.command = command
    modelName = model
    folderPath = folder
    self.interrupted = interrupted
  }

  func run() throws(GraftError) {
    try command.taskFlags.check(command.labelFlags, command.training)
    _ = try options(balances: false)
    _ = try command.headFlags.parsed()
    if interrupted == nil { try checkOutput() }
    let folder = try command.labelFlags.photos(in: folderPath, command.taskFlags.task)
    let base = try command.headFlags.load(modelName, command.modelFlags, talk: talk)
    let photos = try folder.split(
      validation: command.validation, test: command.test, seed: command.seed)
    sayData(folder, photos)
    let model = try command.headFlags.graft(
      on: base, modelName, classes: photos.labels, task: photos.task, seed: command.seed)
    try sayModel(model, on: base.model)
    let checkpoint = try interrupted.map { (run) throws(GraftError) in
      try FineTuningCheckpoint(contentsOf: run.checkpoint)
    }

    let place = RunPlace(
      command, model: base.model.name, photos: folderPath, modelGiven: modelName, interrupted)
    let progress = FinetuneProgress(
      talk, keepsFeatures: command.runFlags.caching != .off, isAskedForPlan: command.estimate)
    let finished: FineTuningRun
    var planned: [FineTuningEvent.PlannedPhase] = []
    do {
      finished = try model.fineTune(
        on: photos, options: options(balances: balances(photos)), resuming: checkpoint
      ) { event in
        progress.show(event)
        if case .planned(let phases) = event, command.estimate {
          planned = phases
          return .stop
        }
        return Interruption.directive
      } onCheckpoint: { (checkpoint) throws(GraftError) in
        try place.keep(checkpoint)
      }
    } catch {
      progress.clear()
      guard error.kind == .interrupted else {
        place.removeIfUseless()
        throw error
      }
      if command.estimate, Interruption.directive == .proceed {
        return command.runFlags.json ? try Output.standard.json(PlanDocument(planned)) : ()
      }
      throw place.interruption
    }
    progress.finish()
    if Interruption.directive == .stop { throw place.interruption }
    let check = try place.write(finished)
    try FinetuneSummary(finished, try place.folder(), check, json: command.runFlags.json).show()
  }

  /// An output that cannot be is said before the work, not after.
  private func checkOutput() throws(GraftError) {
    guard let output = command.output else {
      return try OutputPlace("runs").checkFolder(replaces: true)
    }
    try OutputPlace(output).checkFolder(replaces: command.force)
  }

  /// A setting that cannot be is said before the work, not after.
  private func options(balances: Bool) throws(GraftError) -> FineTuningOptions {
    try command.training.options(
      seed: command.seed, balances: balances, task: command.taskFlags.task, command.runFlags,
      strict: command.strict)
  }

  /// Classes are weighted where the largest has twice the photos of the smallest.
  private func balances(_ photos: SplitPhotos) -> Bool {
    guard command.training.balance == .auto, photos.task != .regression else { return false }
    let counts = photos.countsPerClass(photos.samples.indices)
    return (counts.max() ?? 0) >= 2 * max(counts.min() ?? 0, 1)
  }
}

// MARK: - What is said before

extension FinetuneSession {
  private func sayData(_ folder: ImageFolder, _ photos: SplitPhotos) {
    let counts = photos.countsPerClass(photos.samples.indices)
    let outputs =
      photos.task == .regression
      ? photos.labels : zip(photos.labels, counts).map { "\($0) \($1)" }
    let shown = outputs.prefix(12).joined(separator: ", ") + (outputs.count > 12 ? ", …" : "")
    talk.say(
      "Data    \(folderPath.displayText): \(photos.samples.count) photos, \(kinds(photos)) "
        + "(\(shown))")
    if let words = command.labelFlags.source.words { talk.say("        \(words)") }
    sayLeftOut(folder)
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
      talk.warn(
        photos.task == .classification
          ? "the same photo is in two classes: \(names)"
          : "the same photo has different entries: \(names)")
    }
    for group in photos.split.leaks.prefix(3) {
      let names = group.map { photos.samples[$0].path.displayText }.joined(separator: " and ")
      talk.warn("the same photo is on both sides of the split: \(names)")
    }
    if balances(photos) {
      talk.say(
        photos.task == .multiLabel
          ? "        labels differ in number; rare ones weigh more (--balance none: all alike)"
          : "        classes differ in size; rare ones weigh more (--balance none: all alike)")
    }
    let small = zip(photos.labels, counts)
      .filter { $0.1 < 20 && photos.task != .regression }.map { "\($0.0) \($0.1)" }
    if !small.isEmpty {
      talk.say(
        "        few photos: \(small.prefix(5).joined(separator: ", "))"
          + (small.count > 5 ? " and \(small.count - 5) more \(things(photos))" : "")
          + "; 20 or more of a \(photos.task == .multiLabel ? "label" : "class") are better")
    }
    let drawn =
      folder.validation == nil
      ? "\(percent(command.validation)), by content"
      : command.labelFlags.labels == nil ? "as the folder has it" : "as the CSV has it"
    let test = photos.split.test.isEmpty ? "" : " · test \(photos.split.test.count)"
    talk.say(
      "        train \(photos.split.train.count) · validation \(photos.split.validation.count) "
        + "(\(drawn))\(test)")
  }

  private func sayModel(_ model: Model, on base: Model) throws(GraftError) {
    talk.say("Model   \(model.name)  \(try headWords(model, on: base))")
    talk.say("        \(model.preprocessing.words)  (\(model.preprocessingOrigin.words))")
    model.warnAboutPreprocessing(talk)
  }

  /// `new head at fc (Gemm): 2048 → 2`, or `new head mlp:512 behind layer3 (Relu), [1024, 14, 14] averaged:
  /// 1024 → 512 → 2`.
  private func headWords(_ model: Model, on base: Model) throws(GraftError) -> String {
    let classes = model.labels?.count ?? 0
    do throws(GraphError) {
      guard let head = model.head, model.isHeadWhole else {
        let cut = try model.graph.headCut()
        return
          "new head at \(cut.nodeName) (\(cut.opType)): \(sizeWords(cut.featureShape)) → \(classes)"
      }
      let (place, shape, count): (String, Shape, Int)
      if let name = command.headFlags.cut {
        let cut = try base.graph.cut(behind: name)
        (place, shape) = ("behind \(cut.nodeName) (\(cut.opType))", cut.shape)
        count = cut.featureCount
      } else {
        let cut = try base.graph.headCut()
        (place, shape) = ("in place of \(cut.nodeName) (\(cut.opType))", cut.featureShape)
        count = shape[0]
      }
      let averaged = shape.elementCount == count ? "" : ", \(shape) averaged"
      var sizes = [count]
      if case .mlp(let hidden) = head { sizes += hidden }
      let chain = (sizes + [classes]).map { "\($0)" }.joined(separator: " → ")
      return "new head \(head) \(place)\(averaged): \(chain)"
    } catch {
      throw GraftError(error)
    }
  }

  private func sizeWords(_ shape: Shape) -> String {
    shape.elementCount == shape[0] ? "\(shape[0])" : "\(shape)"
  }
}

/// The plan that `--estimate --json` writes.
private struct PlanDocument: Encodable {
  struct Phase: Encodable {
    var phase: String
    var layers: Int
    var epochs: Int
    var photos: Int
    var featureSeconds: Double
    var learningSeconds: Double?
    var memoryBytes: Int
  }

  let plan: [Phase]

  init(_ phases: [FineTuningEvent.PlannedPhase]) {
    plan = phases.map {
      Phase(
        phase: $0.name, layers: $0.layers, epochs: $0.epochs, photos: $0.photos,
        featureSeconds: $0.featureSeconds, learningSeconds: $0.learningSeconds,
        memoryBytes: $0.memoryBytes)
    }
  }
}

func percent(_ fraction: Double) -> String {
  let value = fraction * 100
  return value == value.rounded()
    ? "\(Int(value)) %" : String(format: "%.1f %%", value)
}
