import GraftKernels

/// One run: plans the phases, then for each its features, its training and what it came to.
struct FineTuner {
  let model: Model
  let photos: SplitPhotos
  let options: FineTuningOptions

  init(_ model: Model, _ photos: SplitPhotos, _ options: FineTuningOptions) {
    var model = model
    // What exporters wrote once for several nodes becomes each node's own: a layer that learns must
    // not change one that is frozen.
    model.graph = model.graph.givingNodesOwnParameters()
    self.model = model
    self.photos = photos
    self.options = options
  }

  func run(
    from checkpoint: FineTuningCheckpoint?, onEvent: (FineTuningEvent) -> Directive,
    onCheckpoint: (FineTuningCheckpoint) throws(GraftError) -> Void
  ) throws(GraftError) -> FineTuningRun {
    var phases = try options.phases(for: model).map { (phase) throws(GraftError) in
      try PhaseTrainer(model, phase, options)
    }
    // What a run that goes on has behind it is not planned again.
    let finished = checkpoint?.phase ?? 0
    var planned: [FineTuningEvent.PlannedPhase] = []
    for phase in phases.dropFirst(finished) { planned.append(try phase.planned(for: photos)) }
    try choosePhases(&phases, &planned, from: checkpoint, onEvent)
    for (phase, plan) in zip(phases.dropFirst(finished), planned) {
      try phase.checkMemory(plan)
      try phase.checkDisk(photos)
    }
    guard onEvent(.planned(planned)) == .proceed else { throw .stopped }

    var run = RunInProgress(photos: photos, graph: model.graph)
    var progress =
      checkpoint
      ?? FineTuningCheckpoint(phases: phases.map(\.phase), splitHash: photos.splitHash)
    guard progress.splitHash == photos.splitHash else {
      throw GraftError(
        "the photos are not those that the run began with; a run goes on with the same ones")
    }
    run.restore(progress.best)
    run.photos = photos.excluding(progress.failures(in: photos))
    while progress.phase < phases.count {
      let phase = phases[progress.phase]
      let clock = ContinuousClock()
      let started = clock.now
      let samples = try phase.samples(&run, onEvent)
      progress.keepFailures(of: run.photos, hashes: photos.hashes)
      let extracted = clock.now
      let outcome = try phase.train(
        run.graph, samples, from: progress.state, onEvent
      ) { (state) throws(GraftError) in
        progress.state = state
        try onCheckpoint(progress)
      }
      run.timings += [
        Report.Timing(
          phase: phase.phase.name == "head" ? "features" : "features for \(phase.phase.name)",
          seconds: (extracted - started).seconds),
        Report.Timing(phase: phase.phase.name, seconds: (clock.now - extracted).seconds),
      ]
      run.finish(phase, outcome, &progress)
      if outcome.result.outcome == .stopped { break }
      progress.state = nil
      if progress.phase < phases.count { try onCheckpoint(progress) }
    }
    return FineTuningReport(model, options, run, progress).finishedRun
  }

  /// Depth `auto` leaves out the last block where it would take too long; a run that goes on keeps
  /// to what was decided when it began.
  private func choosePhases(
    _ phases: inout [PhaseTrainer], _ planned: inout [FineTuningEvent.PlannedPhase],
    from checkpoint: FineTuningCheckpoint?, _ onEvent: (FineTuningEvent) -> Directive
  ) throws(GraftError) {
    if let checkpoint {
      guard phases.map(\.phase.name).starts(with: checkpoint.phaseNames) else {
        throw GraftError("the checkpoint is of a run with other settings")
      }
      phases = Array(phases.prefix(checkpoint.phaseNames.count))
      planned = Array(planned.prefix(max(0, phases.count - checkpoint.phase)))
      return
    }
    guard options.depth == .auto, let last = planned.last, planned.count > 1 else { return }
    let seconds = last.featureSeconds + (last.learningSeconds ?? 0)
    let fits = last.memoryBytes <= phases[phases.count - 1].memoryLimit
    guard seconds > options.autoLimit || !fits else { return }
    phases.removeLast()
    planned.removeLast()
    let minutes = Int((seconds / 60).rounded(.up))
    _ = onEvent(
      .note(
        fits
          ? "the last block would take about \(minutes) min and is left out; --depth block trains it"
          : "the last block does not fit the memory and is left out; --depth block --batch 4 may"))
  }
}

extension FineTuningCheckpoint {
  /// The photos that the run left out before, by their places.
  fileprivate func failures(in photos: SplitPhotos) -> [Int: DataError] {
    var failures: [Int: DataError] = [:]
    for (place, hash) in photos.hashes.enumerated() {
      failures[place] = hash.flatMap { skipped[$0.hex] }.map { DataError($0) }
    }
    return failures
  }

  /// - Parameter hashes: of all photos, also of those that were left out since.
  fileprivate mutating func keepFailures(of photos: SplitPhotos, hashes: [ContentHash?]) {
    for (place, error) in photos.unreadable {
      if let hash = hashes[place] { skipped[hash.hex] = error.message }
    }
  }
}

/// What a run has come to so far.
struct RunInProgress {
  /// Without those that turned out to be unreadable.
  var photos: SplitPhotos
  /// With the best weights so far.
  var graph: Graph
  var timings: [Report.Timing] = []
  var notes: [String] = []
  var outcome: TrainingResult<Graph>.Outcome = .completed

  mutating func restore(_ best: FineTuningCheckpoint.Best?) {
    for (name, tensor) in best?.values ?? [:] { graph.parameters[name]?.tensor = tensor }
  }

  /// Takes the weights of a phase where they are better than what was before.
  mutating func finish(
    _ phase: PhaseTrainer, _ outcome: PhaseTrainer.Outcome, _ progress: inout FineTuningCheckpoint
  ) {
    let result = outcome.result
    self.outcome = result.outcome
    progress.finished.append(
      Report.Phase(
        name: phase.phase.name, settings: outcome.settings, epochs: result.epochs,
        bestEpoch: result.bestEpoch))
    let epoch = result.epochs.first { $0.epoch == result.bestEpoch }
    let (accuracy, loss) = (epoch?.score ?? 0, epoch?.validationLoss ?? .infinity)
    if let best = progress.best {
      // Without validation the last phase is the best that is known.
      let isJudged = epoch?.validationLoss != nil
      let isBetter = TrainingState.Best.isBetter(
        (accuracy, loss), than: (best.accuracy, best.loss))
      guard epoch != nil, !isJudged || isBetter else { return }
    }
    let learned = phase.joined(run: graph, result.weights)
    // What any phase has learned so far.
    var values = progress.best?.values ?? [:]
    for name in outcome.learnedNames { values[name] = learned.parameters[name]?.tensor }
    graph = learned
    progress.best = FineTuningCheckpoint.Best(
      phase: progress.finished.count - 1, accuracy: accuracy, loss: loss, values: values,
      validationLogits: result.validationLogits)
  }
}
