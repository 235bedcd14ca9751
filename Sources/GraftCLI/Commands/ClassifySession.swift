import Foundation
import Graft

/// One run of `graft classify`.
struct ClassifySession {
  let command: Classify
  private var talk: Talk { command.runFlags.talk }

  init(_ command: Classify) { self.command = command }

  func run() throws(GraftError) {
    let list: PhotoList
    do {
      list = try PhotoList(PathArguments.paths(command.images), recursive: command.recursive)
    } catch {
      throw GraftError(error)
    }
    guard !list.paths.isEmpty else {
      throw GraftError(
        "no photos in \(command.images.joined(separator: ", "))", kind: .missing,
        hints: ["graft reads PNG and JPEG files."])
    }
    try checkOutput()
    let model = try command.nameFlags.naming(
      try command.modelFlags.load(command.model, fetching: talk))
    model.warnAboutPreprocessing(talk)
    try check(model)
    let classifier = try Classifier(
      model, caching: command.runFlags.caching, plan: command.runFlags.plan)
    let sorter = try command.sortInto.map { path throws(GraftError) in
      try PhotoSorter(FilePath(path), copies: command.copy)
    }
    let top = min(command.top, model.classCount)
    var table = makeTable(model, top: top, paths: list.paths)

    var counts = ClassifyCounts(model.task)
    var bar = ProgressBar(
      "photos", total: list.paths.count,
      isShown: !talk.isQuiet && (Talk.isTerminal && (isFile || isatty(STDOUT_FILENO) == 0)))
    try classifier.classify(list.paths) { (photo) throws(GraftError) in
      let verdict =
        model.task == .classification
        ? Verdict(photo, top: top, minConfidence: command.minConfidence)
        : Verdict(photo, threshold: command.threshold ?? 0.5)
      counts.add(verdict)
      try table.add(verdict)
      try sorter?.place(verdict)
      bar.update(counts.total)
      return Interruption.directive
    }
    bar.clear()
    try table.finish()
    sayEnd(counts, sorter)
    if Interruption.directive == .stop {
      throw Interruption.error("stopped after \(counts.total) of \(list.paths.count) photos")
    }
    if !counts.unreadable.isEmpty {
      throw GraftError(
        "\(counts.unreadable.count) of \(counts.total) photos cannot be read",
        hints: counts.unreadable.prefix(10).map { "\($0)" }
          + (counts.unreadable.count > 10 ? ["and \(counts.unreadable.count - 10) more"] : []))
    }
  }

  private var isFile: Bool { command.output != nil && command.output != "-" }

  /// An output that cannot be is said before the work, not after.
  private func checkOutput() throws(GraftError) {
    guard isFile, let output = command.output else { return }
    try OutputPlace(output).checkFile(replaces: command.force)
  }

  private func makeTable(
    _ model: Model, top: Int, paths: [FilePath]
  ) -> any ClassificationTable {
    if command.runFlags.json { return JSONLinesTable(file: nil, model.task) }
    guard let output = command.output else { return TextTable(paths, model.task) }
    let file = output == "-" ? nil : FilePath(output)
    if output.hasSuffix(".jsonl") { return JSONLinesTable(file: file, model.task) }
    switch model.task {
    case .classification: return CSVTable(top: top, file: file)
    case .multiLabel: return LabelsCSVTable(model.labels ?? [], file: file)
    case .regression: return ValuesCSVTable(model.labels ?? [], file: file)
    }
  }

  /// - Throws: where flags say what is not for what the model says.
  private func check(_ model: Model) throws(GraftError) {
    if model.task != .multiLabel, command.threshold != nil {
      throw GraftError(
        "--threshold is for models with several labels; \(model.name) is none", kind: .usage)
    }
    guard model.task != .classification else { return }
    let says = model.task == .multiLabel ? "several labels" : "values"
    for (flag, isGiven) in [
      ("--top", command.top != 1), ("--min-confidence", command.minConfidence != 0),
      ("--sort-into", command.sortInto != nil),
    ] where isGiven {
      throw GraftError(
        "\(flag) is for models that say one class; \(model.name) says \(says)", kind: .usage)
    }
  }

  private func sayEnd(_ counts: ClassifyCounts, _ sorter: PhotoSorter?) {
    talk.say(counts.words)
    if let sorter { talk.say("sorted into \(sorter.folder.displayText)") }
    if isFile, let output = command.output { talk.say("wrote \(FilePath(output).displayText)") }
  }
}

/// What is said of one photo.
struct Verdict {
  let path: FilePath
  /// The most probable classes, as many as asked for; empty for unreadable photos.
  let guesses: [Classification.Guess]
  /// All labels of a model with several.
  let all: [Classification.Guess]
  /// Of a model that says values.
  let values: [Classification.Value]
  let error: DataError?
  let isUnsure: Bool

  init(_ photo: Classification, top: Int, minConfidence: Float) {
    path = photo.path
    error = photo.error
    isUnsure = photo.guesses.first.map { $0.probability < minConfidence } ?? false
    guesses = Array(photo.guesses.prefix(isUnsure ? max(top, 2) : top))
    (all, values) = ([], [])
  }

  /// Of a model that says labels, those that are probable enough, or values.
  init(_ photo: Classification, threshold: Float) {
    path = photo.path
    error = photo.error
    isUnsure = false
    all = photo.guesses
    guesses = all.filter { $0.probability >= threshold }
    values = photo.values
  }
}

/// How many photos are of which class.
struct ClassifyCounts {
  private(set) var total = 0
  private(set) var unsure = 0
  private(set) var unreadable: [String] = []
  private var labels: [String: Int] = [:]
  private var bare = 0
  private let task: LearningTask

  init(_ task: LearningTask) { self.task = task }

  mutating func add(_ verdict: Verdict) {
    total += 1
    if task != .classification, verdict.error == nil {
      for guess in verdict.guesses { labels[guess.label, default: 0] += 1 }
      if task == .multiLabel, verdict.guesses.isEmpty { bare += 1 }
    } else if let error = verdict.error {
      unreadable.append("\(verdict.path.displayText): \(error.message)")
    } else if verdict.isUnsure {
      unsure += 1
    } else if let best = verdict.guesses.first {
      labels[best.label, default: 0] += 1
    }
  }

  /// `41 photos: 22 dog, 13 cat, 4 unsure · 2 unreadable`
  var words: String {
    let ranked = labels.sorted { ($0.value, $1.key) > ($1.value, $0.key) }
    var parts = ranked.prefix(10).map { "\($0.value) \($0.key)" }
    if ranked.count > 10 {
      parts.append("\(ranked.count - 10) other \(task == .multiLabel ? "labels" : "classes")")
    }
    if unsure > 0 { parts.append("\(unsure) unsure") }
    if bare > 0 { parts.append("\(bare) without a label") }
    let failed = unreadable.isEmpty ? "" : " · \(unreadable.count) unreadable"
    return
      "\(total) photo\(total == 1 ? "" : "s")\(parts.isEmpty ? "" : ": ")\(parts.joined(separator: ", "))\(failed)"
  }
}
