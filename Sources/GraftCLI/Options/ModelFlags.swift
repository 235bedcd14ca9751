public import ArgumentParser
import Foundation
import Graft

/// Flags about reading the model.
struct ModelFlags: ParsableArguments {
  @Option(help: "How photos are brought to the network's size: crop, pad or stretch.")
  var fit: Preprocessing.Fit?

  @Option(
    parsing: .unconditional, help: "Side of the square input, for networks that leave it open.")
  var size: Int?

  @Option(help: "Preprocessing as a JSON object, as 'graft inspect' prints it.")
  var preprocess: String?

  @Flag(help: "Accept NaN and infinite weights.")
  var allowNonfinite = false

  @Flag(help: "Fetch nothing: a model that is not here is an error. As GRAFT_OFFLINE=1.")
  var offline = false

  func validate() throws {
    if let size, !(1...8192).contains(size) {
      throw ValidationError("--size is \(size); expected 1 to 8192")
    }
  }

  /// Reads the model.
  ///
  /// - Parameter fetching: where to talk of a known model that is not here, and is fetched; without
  ///   it, that is an error.
  func load(_ name: String, fetching talk: Talk? = nil) throws(GraftError) -> Model {
    let given = try preprocess.map { (json) throws(GraftError) in try Self.preprocessing(json) }
    if let talk { try fetchIfAbsent(name, talk) }
    return try Model.pretrained(
      name,
      options: ModelOptions(
        preprocessing: given, fit: fit, size: size, allowsNonFinite: allowNonfinite))
  }

  /// What `--preprocess` says.
  static func preprocessing(_ json: String) throws(GraftError) -> Preprocessing {
    do {
      return try Preprocessing(json: json)
    } catch {
      throw GraftError("--preprocess: \(error.message)", kind: .usage, hints: error.hints)
    }
  }

  private func fetchIfAbsent(_ name: String, _ talk: Talk) throws(GraftError) {
    guard ModelLocator.path(of: name) == nil, let record = ModelRecord.named(name),
      !record.sources.isEmpty
    else { return }
    let forbidden = ProcessInfo.processInfo.environment["GRAFT_OFFLINE"] ?? ""
    guard !offline, forbidden.isEmpty || forbidden == "0" else { return }
    _ = try ModelPull(talk: talk).run(record)
  }
}

extension Preprocessing.Fit: ExpressibleByArgument {}
