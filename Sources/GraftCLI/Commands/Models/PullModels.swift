import ArgumentParser
import Foundation
import Graft

/// `graft models pull`
struct PullModels: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pull", abstract: "Fetch models, check them and keep them.",
    discussion: """
      Examples:
        graft models pull vgg16 resnet50
        graft models pull vgg16 --from https://mirror.example.org/vgg16-7.onnx
        graft models pull vgg16 --from /media/stick/vgg16-7.onnx

      What was interrupted goes on where it stopped. A file counts only if its
      SHA-256 is the one that graft knows. Proxies and certificates are the
      system's: https_proxy, no_proxy, SSL_CERT_FILE.
      """)

  @Argument(help: "Names of models.")
  var names: [String]

  @Option(help: "Address, or path to a file, in place of the known addresses; for one model.")
  var from: String?

  @Flag(name: .shortAndLong, help: "Say nothing but results, notes and errors.")
  var quiet = false

  func validate() throws {
    guard let from else { return }
    guard names.count == 1 else { throw ValidationError("--from is for one model") }
    guard !from.contains("://") || Self.isAddress(from) else {
      throw ValidationError(
        "--from is '\(from)'; expected an address that begins with https:// or http://, or a path")
    }
  }

  private static func isAddress(_ text: String) -> Bool {
    text.hasPrefix("https://") || text.hasPrefix("http://")
  }

  func run() throws {
    let records = try names.map(ModelRecord.known)
    if let from, !Self.isAddress(from) {
      return try Output.standard.line(ModelStore.add(FilePath(from), as: records[0]).string)
    }
    Interruption.listen()
    for record in records {
      let path = try ModelPull(talk: Talk(isQuiet: quiet)).run(record, from: from.map { [$0] })
      try Output.standard.line(path.string)
      try Output.standard.flush()
    }
  }
}

/// Fetches one model and shows how far it is.
struct ModelPull {
  let talk: Talk

  func run(_ record: ModelRecord, from urls: [String]? = nil) throws(GraftError) -> FilePath {
    var bar: ProgressBar?
    do throws(GraftError) {
      return try pull(record, urls, &bar)
    } catch {
      bar?.clear()
      // Which signal it was decides the exit code.
      throw error.kind == .interrupted
        ? Interruption.error(error.message, hints: error.hints) : error
    }
  }

  private func pull(
    _ record: ModelRecord, _ urls: [String]?, _ bar: inout ProgressBar?
  ) throws(GraftError) -> FilePath {
    let path = try ModelStore.pull(record, from: urls) { event in
      switch event {
      case .asks(let url):
        bar?.clear()
        talk.say("fetching \(record.name), \(megabytes(record.bytes)) MB, from \(url)")
      case .has(let bytes):
        if bar == nil {
          bar = ProgressBar(
            record.name, total: megabytes(record.bytes), doneBefore: megabytes(bytes), unit: "MB",
            isShown: !talk.isQuiet)
        }
        bar?.update(megabytes(bytes))
      case .givesUp(let source):
        bar?.clear()
        talk.say("  it \(source.reason)")
      case .checks:
        bar?.finish()
        bar = nil
      }
      return Interruption.directive == .proceed
    }
    talk.say("SHA-256 is right")
    return path
  }

  private func megabytes(_ bytes: Int) -> Int { (bytes + 999_999) / 1_000_000 }
}
