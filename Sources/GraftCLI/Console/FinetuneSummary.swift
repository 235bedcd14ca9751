import Foundation
import Graft

/// What a fine-tuning run came to, on standard output.
struct FinetuneSummary {
  private let run: FineTuningRun
  private let folder: RunFolder
  private let check: ExportCheck
  private let isJSON: Bool

  init(_ run: FineTuningRun, _ folder: RunFolder, _ check: ExportCheck, json: Bool) {
    self.run = run
    self.folder = folder
    self.check = check
    isJSON = json
  }

  func show() throws(GraftError) {
    if isJSON { return try showJSON() }
    let out = Output.standard
    try out.line()
    if let validation = run.report.validation {
      try out.line(
        "Best    \(place): validation accuracy " + validation.words)
      try out.line()
      for line in validation.lines(run.report.classes) {
        try out.line(line.isEmpty ? "" : "        \(line)")
      }
      try out.line()
    } else if let (summary, table) = targets {
      try out.line("Best    \(place): validation \(summary)")
      try out.line()
      for line in table { try out.line("        \(line)") }
      try out.line()
    } else {
      try out.line("Best    \(place); no photos were kept back to judge it")
    }
    if case .diverged(let error) = run.outcome {
      try out.line("        training diverged: \(error.message)")
    }
    try out.line(
      "Wrote   \(folder.path)   model.onnx (same answers as here on "
        + "\(check.agreeing)/\(check.compared), largest difference "
        + String(format: "%.0e", check.largestDifference) + ")")
    try out.line()
    try out.line("Next    graft classify \(folder.path) new-photos/")
    try out.line("        graft export \(folder.path) -o model.onnx")
  }

  /// What is said of labels or values.
  private var targets: (summary: String, table: [String])? {
    let (report, names) = (run.report, run.report.classes)
    return report.multiLabel.map { ($0.summary, $0.labelTable(names)) }
      ?? report.regression.map { ($0.summary, $0.valueTable(names)) }
  }

  /// `epoch 7`, or with more phases than one `epoch 7 of block` or `epoch 7 of phase '3 layers'`.
  private var place: String {
    let epoch = "epoch \(run.report.bestEpoch)"
    guard run.report.phases?.count ?? 0 > 1, let phase = run.report.keptPhase else { return epoch }
    return epoch + (phase.contains(" ") ? " of phase '\(phase)'" : " of \(phase)")
  }

  private func showJSON() throws(GraftError) {
    struct Document: Encodable {
      var run: String
      var report: Report
      var check: ExportCheck
    }
    try Output.standard.json(
      Document(run: folder.path.string, report: run.report, check: check))
  }
}

extension ValidationReport {
  /// `96.3 % (95 % interval 92–98); always guessing cat: 37 %`
  var words: String {
    String(
      format: "%.1f %% (%d of %d; 95 %% interval %.0f–%.0f); always guessing %@: %.0f %%",
      accuracy.value * 100, accuracy.correct, accuracy.total, interval.lower * 100,
      interval.upper * 100, majorityClass, majorityAccuracy * 100)
  }
}

extension Output {
  /// A document with sorted keys. Scripts rely on these: fields may come, none goes or changes its
  /// meaning.
  ///
  /// - `finetune`: `run` (folder), `report` (as `metrics.json` of the run: `version`, `model`,
  ///   `classes`, `settings`, `split` with `training` and `validation` counts per class,
  ///   `skippedCount`, `epochs`, `bestEpoch`, `validation`, `timings`), `check` (`photos`,
  ///   `compared`, `agreeing`, `largestDifference`). With --estimate only `plan`: for each phase
  ///   `phase`, `layers`, `epochs`, `photos` whose features are to be computed, `featureSeconds`,
  ///   `learningSeconds` where they were measured, `memoryBytes`.
  ///   Where photos have several labels or numbers, the report has no `validation` but `multiLabel`
  ///   (`photos`, `threshold`, `perLabel`, `meanAveragePrecision`, `meanPrevalence`, `macroF1`,
  ///   `microF1`, `exactMatch`) or `regression` (`photos`, `perTarget`, `meanR2`), and `settings` has
  ///   `task`.
  /// - `export`, `convert`: `path`, `opset`, `labels`, `check`, which has `weights` where they were rounded and
  ///   `keptInFloat32` where some were not.
  /// - `evaluate`: `accuracy` (`correct`, `total`), `interval` (`lower`, `upper`), `macroF1`,
  ///   `majorityClass`, `majorityAccuracy`, `confusion`, `perClass`, `loss` where it is
  ///   known; of models that say labels or values the fields of `multiLabel` or `regression`.
  /// - `inspect`: the fields of `ModelSummary`; `models`: a list of `ModelRecord`.
  /// - `classify` writes a line for each photo instead: `path`, and `predictions` (`label`,
  ///   `probability`; with `unsure` true where the first is below --min-confidence) or `error`. With
  ///   several labels also `labels`, those from --threshold on; of values only `values` (`label`,
  ///   `value`).
  /// - `bench` writes one line: `what` (`infer` or `finetune`), `engine`, `arch`, `mode`, `batch`,
  ///   `threads`, `img_s` with `min`, `max`, `runs`, `dropped`, `ms_per_call`, `noisy`, `others`,
  ///   `setup_s`, `trainable`, `version`, `cpu`, `exact`, `peak_rss_mb`, and with --profile `profile`.
  func json(_ value: some Encodable, isLine: Bool = false) throws(GraftError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if !isLine { encoder.outputFormatting.insert(.prettyPrinted) }
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let data = try? encoder.encode(value) else {
      throw GraftError("the result cannot be written as JSON", kind: .bug)
    }
    try bytes(Array(data) + [UInt8(ascii: "\n")])
  }
}
