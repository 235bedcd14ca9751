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
    let sorter = try command.sortInto.map { path throws(GraftError) in
      try PhotoSorter(FilePath(path), copies: command.copy)
    }
    let model = try command.nameFlags.naming(
      try command.modelFlags.load(command.model, fetching: talk))
    model.warnAboutPreprocessing(talk)
    let classifier = try Classifier(
      model, caching: command.runFlags.caching, plan: command.runFlags.plan)
    let top = min(command.top, model.classCount)
    var table = makeTable(top: top, paths: list.paths)

    var counts = ClassifyCounts()
    var bar = ProgressBar(
      "photos", total: list.paths.count,
      isShown: !talk.isQuiet && (Talk.isTerminal && (isFile || isatty(STDOUT_FILENO) == 0)))
    try classifier.classify(list.paths) { (photo) throws(GraftError) in
      let verdict = Verdict(photo, top: top, minConfidence: command.minConfidence)
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

  private func makeTable(top: Int, paths: [FilePath]) -> any ClassificationTable {
    if command.runFlags.json { return JSONLinesTable(file: nil) }
    guard let output = command.output else { return TextTable(paths) }
    if output == "-" { return CSVTable(top: top, file: nil) }
    return output.hasSuffix(".jsonl")
      ? JSONLinesTable(file: FilePath(output)) : CSVTable(top: top, file: FilePath(output))
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
  let error: DataError?
  let isUnsure: Bool

  init(_ photo: Classification, top: Int, minConfidence: Float) {
    path = photo.path
    error = photo.error
    isUnsure = photo.guesses.first.map { $0.probability < minConfidence } ?? false
    guesses = Array(photo.guesses.prefix(isUnsure ? max(top, 2) : top))
  }
}

/// How many photos are of which class.
struct ClassifyCounts {
  private(set) var total = 0
  private(set) var unsure = 0
  private(set) var unreadable: [String] = []
  private var labels: [String: Int] = [:]

  mutating func add(_ verdict: Verdict) {
    total += 1
    if let error = verdict.error {
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
    if ranked.count > 10 { parts.append("\(ranked.count - 10) other classes") }
    if unsure > 0 { parts.append("\(unsure) unsure") }
    let failed = unreadable.isEmpty ? "" : " · \(unreadable.count) unreadable"
    return
      "\(total) photo\(total == 1 ? "" : "s")\(parts.isEmpty ? "" : ": ")\(parts.joined(separator: ", "))\(failed)"
  }
}
