import Foundation
import Testing

/// Help is part of what people rely on: it is compared word for word with `Snapshots/`.
@Suite struct HelpTests {
  static let commands = [
    "", "finetune", "classify", "export", "evaluate", "inspect", "models", "models list",
    "models pull", "models add", "models verify", "models where", "run", "draw-photos",
    "augment-preview", "lr-find", "bench", "learn", "convert",
  ]

  @Test(arguments: commands) func help(_ command: String) throws {
    let place = try Workplace()
    let arguments = command.isEmpty ? "--help" : "\(command) --help"
    let result = try place.shell("\"$GRAFT\" \(arguments)")
    let name = command.isEmpty ? "graft" : "graft-\(command.replacing(" ", with: "-"))"
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Snapshots/\(name).txt")
    #expect(result.status == 0)
    #expect(result.err.isEmpty)
    #expect(result.out == (try String(contentsOf: file, encoding: .utf8)))
  }

  @Test func helpWithoutArgumentsAndByName() throws {
    let place = try Workplace()
    let help = try place.graft("--help").out
    #expect(try place.graft().out == help)
    #expect(try place.graft("help").out == help)
    #expect(try place.graft("help", "classify").out == place.graft("classify", "--help").out)
  }

  @Test func version() throws {
    let result = try Workplace().graft("--version")
    #expect(result.status == 0)
    #expect(result.out.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
  }
}
