import ArgumentParser
import Foundation
import Graft

/// The command line: parses, runs, and turns every error into one message and an exit code.
@main
struct GraftCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "graft",
    abstract: "Fine-tune pretrained CNNs on your photos: ONNX in, ONNX out.",
    discussion: """
      Examples:
        graft finetune vgg16 on my-photos
        graft export runs/my-photos-vgg16-1 -o pets.onnx
        graft classify pets.onnx holiday/
      """,
    version: graftVersion,
    subcommands: [
      Finetune.self, Classify.self, Export.self, Convert.self, Evaluate.self,
      Inspect.self, Models.self,
      LrFind.self, AugmentPreview.self, Bench.self, RunNetwork.self, LearnNetwork.self,
      DrawPhotos.self,
    ])

  static func main() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    do {
      try checkCommandName()
      var command = try parseAsRoot()
      try command.run()
      try Output.standard.flush()
    } catch {
      finish(with: error)
    }
  }

  /// Prints the error, and ends with its exit code.
  private static func finish(with error: any Error) -> Never {
    if let error = error as? GraftError {
      Talk.error(error)
      Foundation.exit(error.kind.rawValue)
    }
    if let code = error as? ExitCode { Foundation.exit(code.rawValue) }
    let code = exitCode(for: error)
    let message = fullMessage(for: error)
    if code == .success {
      do throws(GraftError) {
        try Output.standard.bytes(Array((message + "\n").utf8))
        try Output.standard.flush()
      } catch {
        finish(with: error)
      }
    } else {
      Talk.write(usageText(message) + "\n")
    }
    Foundation.exit(code.rawValue)
  }

  /// ArgumentParser's message in graft's manner, with the arguments that it repeats made harmless.
  private static func usageText(_ message: String) -> String {
    var text = message
    for argument in CommandLine.arguments.dropFirst() where !argument.isEmpty {
      text = text.replacing(argument, with: DisplayName.escaped(argument))
    }
    let prefix = "Error: "
    if text.hasPrefix(prefix) { text = "error: " + text.dropFirst(prefix.count) }
    return text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.count <= 400 ? String($0) : $0.prefix(390) + "…" }
      .joined(separator: "\n")
  }

  /// A word that is no command is said to be that, with the command that is spelt most alike.
  private static func checkCommandName() throws(GraftError) {
    guard let word = CommandLine.arguments.dropFirst().first, !word.hasPrefix("-") else { return }
    let names = configuration.subcommands.map { $0._commandName }
    guard word != "help", !names.contains(word) else { return }
    let near = names.filter { editDistance($0, word) <= 2 }
      .min { editDistance($0, word) < editDistance($1, word) }
    throw GraftError(
      "'\(word)' is not a command of graft." + (near.map { " Did you mean '\($0)'?" } ?? ""),
      kind: .usage, hints: ["graft --help lists the commands."])
  }
}
