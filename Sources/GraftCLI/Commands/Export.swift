public import ArgumentParser
import Foundation
import Graft

/// `graft export <run|model> -o x.onnx`
struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write an ONNX file that any runtime can use, and prove it.",
    discussion: """
      Examples:
        graft export runs/my-photos-vgg16-1 -o pets.onnx
        graft export runs/my-photos-vgg16-1 -o pets.onnx --input normalised --output logits
        graft export runs/my-photos-vgg16-1 -o small.onnx --weights float16

      The file takes RGB values 0 to 255 and gives probabilities unless said otherwise, values \
      where the model says these; labels, \
      preprocessing and a training card travel in its metadata.
      """)

  @Argument(help: "A run, a model's name, or a path to an .onnx file.")
  var source: String

  @Option(name: [.customShort("o"), .customLong("out")], help: "The file to write.")
  var output: String?

  @Option(parsing: .unconditional, help: "ONNX operator set of the file.")
  var opset: Int = 17

  @Option(name: .customLong("output"), help: "What the file gives: probabilities or logits.")
  var outputKind: ExportOptions.Output = .probabilities

  @Option(help: "What the file takes: pixels (RGB 0-255) or normalised.")
  var input: ExportOptions.Input = .pixels

  @Option(
    help:
      "How weights are stored: float16 halves the file and rounds them; runtimes compute in float32."
  )
  var weights: WeightPrecision = .float32

  @Option(
    parsing: .unconditional,
    help:
      "Largest accepted difference of a probability between model and file. (default: 0.0001, with float16 0.01)"
  )
  var tolerance: Double?

  @Flag(help: "Replace a file that is there.")
  var force = false

  @OptionGroup var modelFlags: ModelFlags
  @OptionGroup var nameFlags: NameFlags
  @OptionGroup var runFlags: RunFlags

  func validate() throws {
    guard supportedOpsets.contains(opset) else {
      throw ValidationError(
        "--opset is \(opset); expected \(supportedOpsets.lowerBound) to \(supportedOpsets.upperBound)"
      )
    }
    if let tolerance, !(tolerance > 0) {
      throw ValidationError("--tolerance is \(tolerance); expected above 0")
    }
  }

  func run() throws {
    try runFlags.apply()
    let talk = runFlags.talk
    let model = try nameFlags.naming(try modelFlags.load(source, fetching: talk))
    model.warnAboutPreprocessing(talk)
    let target = FilePath(output ?? "\(model.name).onnx")
    let photos = RunFolder(FilePath(source))?.validationPhotos ?? []
    let check = try write(model, to: target, comparingOn: photos)
    if runFlags.json { return try showJSON(model, target, check) }
    let compared =
      check.photos > 0
      ? "\(check.photos) validation photos" : "\(check.compared) drawn pictures (no photos at hand)"
    try Output.standard.line(
      "Wrote   \(target)   opset \(opset), \(model.outputWords), \(size(of: model, target))")
    try Output.standard.line(
      "        \(weights == .float32 ? "same answers as" : "first answer of") the model on "
        + "\(check.agreeing)/\(check.compared) of \(compared), "
        + String(format: "largest difference %.0e", check.largestDifference))
    if let kept = check.keptInFloat32 { noteKept(kept, talk) }
    try Output.standard.line()
    try Output.standard.line("Next    graft classify \(target) photos/")
  }

  private func size(of model: Model, _ target: FilePath) -> String {
    guard weights != .float32 else {
      return String(format: "%.1f MB", Double(model.parameterBytes) / 1e6)
    }
    let attributes = try? FileManager.default.attributesOfItem(atPath: target.string)
    let bytes = (attributes?[.size] as? NSNumber)?.doubleValue ?? 0
    return String(format: "weights in %@, %.1f MB", weights.rawValue, bytes / 1e6)
  }

  private func noteKept(_ names: [String], _ talk: Talk) {
    let shown = names.prefix(3).map(\.printable).joined(separator: ", ")
    let more = names.count > 3 ? " and \(names.count - 3) more" : ""
    talk.warn("kept in float32, since float16 does not hold their numbers: \(shown)\(more)")
  }

  private func write(
    _ model: Model, to target: FilePath, comparingOn photos: [FilePath]
  ) throws(GraftError) -> ExportCheck {
    let isShown = !runFlags.talk.isQuiet && photos.count > 16
    var bar = ProgressBar("comparing", total: photos.count, isShown: isShown)
    defer { bar.clear() }
    do {
      return try model.write(
        to: target,
        options: ExportOptions(
          opset: opset, input: input, output: outputKind, weights: weights, tolerance: tolerance,
          replaces: force),
        comparingOn: photos, caching: runFlags.caching, plan: runFlags.plan
      ) { done in
        bar.update(done)
        return Interruption.directive
      }
    } catch  where error.kind == .interrupted {
      throw Interruption.error("stopped while comparing; \(target) was not written")
    }
  }

  private func showJSON(
    _ model: Model, _ target: FilePath, _ check: ExportCheck
  ) throws(GraftError) {
    try Output.standard.json(
      ExportDocument(path: target.string, opset: opset, labels: model.labels ?? [], check: check))
  }
}

/// What `--json` prints of a file that was written.
struct ExportDocument: Encodable {
  var path: String
  var opset: Int
  var labels: [String]
  var check: ExportCheck
}

extension ExportOptions.Input: ExpressibleByArgument {}
extension ExportOptions.Output: ExpressibleByArgument {}
extension WeightPrecision: ExpressibleByArgument {}
