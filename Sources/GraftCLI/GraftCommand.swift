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
      Finetune.self, Classify.self, Export.self, Evaluate.self, Inspect.self, Models.self,
      RunNetwork.self, DrawPhotos.self,
    ])

  static func main() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    do {
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
      try? Output.standard.line(message)
      try? Output.standard.flush()
    } else {
      let prefix = "Error: "
      let text = message.hasPrefix(prefix) ? "error: " + message.dropFirst(prefix.count) : message
      FileHandle.standardError.write(Data((text + "\n").utf8))
    }
    Foundation.exit(code.rawValue)
  }
}
