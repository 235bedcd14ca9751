import ArgumentParser
import Graft

/// `graft models add`
struct AddModel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Take over a model's file that you have.",
    discussion: """
      Example:
        graft models add ~/Downloads/vgg16-7.onnx

      The file is recognised by its SHA-256, whatever its name, and copied to where graft looks.
      """)

  @Argument(help: "Path to an .onnx file.")
  var file: String

  func run() throws {
    let (record, path) = try ModelStore.add(FilePath(file))
    Talk(isQuiet: false).say("\(file) is \(record.name)")
    try Output.standard.line(path.string)
  }
}
