public import ArgumentParser
import Foundation
public import Graft

/// `graft bench <model>` and `graft bench --photos <folder>`
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Time a network on this machine: images a second, memory, and where the time goes.",
    usage: """
      graft bench <model> [<options>]
      graft bench --photos <folder> [<options>]
      """,
    discussion: """
      Examples:
        graft bench resnet50
        graft bench vgg16.onnx --batch 8 --profile
        graft bench resnet50 --mode all --batch 16
        graft bench --photos my-photos --threads 1

      The images are random numbers in memory; nothing is decoded. A network whose file is not here \
      is built with random weights, which takes the same time.

      With --photos no network is timed, but how fast the first hundred photos of a folder are \
      decoded and resized from memory, to squares of 224 pixels or of --size.
      """)

  @Argument(help: "A model's name, or a path to an .onnx file or a run.")
  var model: String?

  @Option(help: "Time decoding and resizing of photos instead: a folder of them.")
  var photos: String?

  @Option(parsing: .unconditional, help: "Images of a call. (default: 1, where layers learn 16)")
  var batch: Int?

  @Option(
    help: "What is timed: inference, or a training step of the head, last block or all layers.")
  var mode: Benchmark.Work = .inference

  @Option(parsing: .unconditional, help: "Seconds of measuring, at least.")
  var seconds: Double = 5

  @Flag(help: "Show what each layer takes: time, GFLOP/s, share of the peak, bytes.")
  var profile = false

  @Option(help: "Statistics of BatchNormalization in layers that learn: frozen or train.")
  var batchNorm: FineTuningOptions.BatchNormalizationMode = .train

  @OptionGroup var modelFlags: ModelFlags
  @OptionGroup var nameFlags: NameFlags
  @OptionGroup var runFlags: RunFlags

  fileprivate var batchSize: Int { batch ?? (mode == .inference ? 1 : 16) }

  func validate() throws {
    guard (model == nil) != (photos == nil) else {
      throw ValidationError("expected either a model or --photos with a folder")
    }
    guard (1...4096).contains(batchSize) else {
      throw ValidationError("--batch is \(batchSize); expected 1 to 4096")
    }
    guard seconds.isFinite, (0...86400).contains(seconds) else {
      throw ValidationError("--seconds is \(seconds); expected 0 to 86400")
    }
  }

  func run() throws {
    try runFlags.apply()
    if let photos { return try timePhotos(in: FilePath(photos)) }
    let (model, hasRandomWeights) = try load(model ?? "")
    let name = model.name
    let talk = runFlags.talk
    if hasRandomWeights {
      talk.warn("no file of \(name) is here; its weights are random")
    }
    var bar = ProgressBar("timing", total: 100, isShown: !talk.isQuiet)
    let result = try (consume model).benchmark(
      Benchmark.Options(
        work: mode, batchSize: batchSize, seconds: seconds, batchNormalization: batchNorm,
        profiles: profile, plan: runFlags.plan)
    ) { _, fraction in
      bar.update(min(Int(100 * fraction), 99))
      return Interruption.directive
    }
    bar.update(100)
    bar.finish()
    let line = BenchLine(result, name, self)
    if runFlags.json { return try Output.standard.json(line, isLine: true) }
    try show(line, result)
  }

  /// The model, and whether its weights are only random.
  private func load(_ model: String) throws -> (Model, Bool) {
    do throws(GraftError) {
      return (try nameFlags.naming(try modelFlags.load(model)), false)
    } catch {
      guard error.kind == .missing, Networks.all.contains(where: { $0.isNamed(model) }) else {
        throw error
      }
      return (try Model.random(model), true)
    }
  }

  private func show(_ line: BenchLine, _ result: Benchmark) throws(GraftError) {
    let out = Output.standard
    if !result.profile.isEmpty { try show(result.profile) }
    try out.line(
      String(
        format: "%.2f photos/s  (%.2f–%.2f over %d runs)  %.1f ms a call of %d",
        line.imagesPerSecond, line.min, line.max, line.runs, line.millisecondsPerCall, line.batch))
    try out.line(
      "\(line.arch), \(mode.rawValue), \(line.threads) threads, \(line.cpu), "
        + "peak memory \(String(format: "%.0f", line.peakMegabytes)) MB")
    if result.isNoisy {
      runFlags.talk.warn(
        "other programs were busy meanwhile: fewer than three runs were undisturbed")
    }
  }

  private func show(_ profile: [ProfiledStep]) throws(GraftError) {
    let peak = Graft.peakGigaflops()
    let total = profile.reduce(0) { $0 + $1.seconds }
    var table = Columns([.left, .left, .left] + Array(repeating: .right, count: 6))
    table.append([
      "step", "operator", "method", "forward ms", "backward ms", "share", "GFLOP/s", "of peak",
      "MB",
    ])
    func row(_ name: [String], _ steps: [ProfiledStep]) {
      let seconds = steps.reduce(0) { $0 + $1.seconds }
      let flop = Double(steps.reduce(0) { $0 + $1.flop + $1.backwardFlop })
      let rate = seconds > 0 ? flop / seconds / 1e9 : 0
      table.append(
        name + [
          String(format: "%.3f", 1000 * steps.reduce(0) { $0 + $1.forwardSeconds }),
          String(format: "%.3f", 1000 * steps.reduce(0) { $0 + $1.backwardSeconds }),
          String(format: "%.1f %%", total > 0 ? 100 * seconds / total : 0),
          flop == 0 ? "" : String(format: "%.1f", rate),
          flop == 0 ? "" : String(format: "%.0f %%", 100 * rate / peak),
          String(format: "%.1f", Double(steps.reduce(0) { $0 + $1.bytes }) / 1e6),
        ])
    }
    for step in profile { row([step.name.printable, step.opType, step.method ?? ""], [step]) }
    table.append(Array(repeating: "", count: 9))
    let kinds = Dictionary(grouping: profile) { [$0.opType, $0.method ?? ""] }
    let sorted = kinds.sorted { a, b in
      a.value.reduce(0) { $0 + $1.seconds } > b.value.reduce(0) { $0 + $1.seconds }
    }
    for (kind, steps) in sorted { row(["all \(steps.count)"] + kind, steps) }
    row(["all", "", ""], profile)
    for line in table.lines() { try Output.standard.line(line) }
    try Output.standard.line()
    try Output.standard.line(
      String(format: "peak %.0f GFLOP/s, measured; Winograd counts as what it replaces", peak))
    try Output.standard.line()
  }
}

extension Benchmark.Work: ExpressibleByArgument {}

/// The line of `--json`: the names are those of other engines' scripts, so that lines can be
/// paired.
private struct BenchLine: Encodable {
  let what: String
  let engine = "graft"
  let arch: String
  let mode: String
  let batch: Int
  let threads: Int
  let imagesPerSecond: Double
  let min: Double
  let max: Double
  let runs: Int
  let dropped: Int
  let millisecondsPerCall: Double
  let noisy: Bool
  let others: Double?
  let setupSeconds: Double
  let trainable: Int
  let version = graftVersion
  let cpu: String
  let exact: Bool
  let peakMegabytes: Double
  let profile: [ProfiledStep]?

  private enum CodingKeys: String, CodingKey {
    case what, engine, arch, mode, batch, threads, min, max, runs, dropped, noisy, others, trainable
    case version, cpu, exact, profile
    case imagesPerSecond = "img_s"
    case millisecondsPerCall = "ms_per_call"
    case setupSeconds = "setup_s"
    case peakMegabytes = "peak_rss_mb"
  }

  init(_ result: Benchmark, _ name: String, _ command: Bench) {
    func rounded(_ number: Double) -> Double { (number * 1000).rounded() / 1000 }
    what = command.mode == .inference ? "infer" : "finetune"
    arch = name
    mode = command.mode.rawValue
    batch = command.batchSize
    threads = Graft.threadCount
    imagesPerSecond = rounded(result.imagesPerSecond)
    min = rounded(result.rates.min() ?? 0)
    max = rounded(result.rates.max() ?? 0)
    runs = result.rates.count
    dropped = result.droppedRuns
    millisecondsPerCall = rounded(1000 * Double(batch) / result.imagesPerSecond)
    noisy = result.isNoisy
    others = result.othersShare.map(rounded)
    setupSeconds = rounded(result.setupSeconds)
    trainable = result.learnedCount
    cpu = Graft.instructionSet
    exact = command.runFlags.exact
    // Units of 2²⁰ bytes, as the other engines' scripts have it.
    peakMegabytes = rounded(Double(Graft.peakResidentBytes) / 1_048_576)
    profile = result.profile.isEmpty ? nil : result.profile
  }
}
