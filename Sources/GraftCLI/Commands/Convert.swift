import ArgumentParser
import Foundation
import Graft

/// `graft convert <network> <weights.safetensors> -o model.onnx`
struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Put the weights of a .safetensors file onto a network, as an ONNX file.",
    discussion: """
      Examples:
        graft convert resnet50 resnet50.safetensors -o resnet50.onnx
        graft convert vgg16_bn flowers.safetensors --labels flowers.txt -o flowers.onnx

      Parameters have torchvision's names, as safetensors.torch.save_file(model.state_dict(), \
      FILE) writes them. The number of classes is the file's. Networks: \
      \(Networks.all.map(\.name).joined(separator: ", ")).
      """)

  @Argument(help: "The network's name.")
  var network: String

  @Argument(help: "Path to a .safetensors file.")
  var weights: String

  @Option(
    name: [.customShort("o"), .customLong("out")],
    help: "The file to write. (default: the network's name with .onnx)")
  var output: String?

  @Option(help: "File with the class names, one a line, in output order; ImageNet's for 1000.")
  var labels: String?

  @Option(parsing: .unconditional, help: "Side of the square input; the paper's unless given.")
  var size: Int?

  @Option(help: "Preprocessing as a JSON object, as 'graft inspect' prints it.")
  var preprocess: String?

  @Flag(help: "Accept NaN and infinite weights.")
  var allowNonfinite = false

  @Flag(help: "Replace a file that is there.")
  var force = false

  @OptionGroup var runFlags: RunFlags

  func validate() throws {
    if let size, !(1...8192).contains(size) {
      throw ValidationError("--size is \(size); expected 1 to 8192")
    }
  }

  func run() throws {
    try runFlags.apply()
    let talk = runFlags.talk
    let model = try read()
    model.warnAboutPreprocessing(talk)
    let target = FilePath(output ?? "\(model.name).onnx")
    let check = try model.write(
      to: target, options: ExportOptions(replaces: force), plan: runFlags.plan)
    if runFlags.json {
      return try Output.standard.json(
        ExportDocument(path: target.string, opset: 17, labels: model.labels ?? [], check: check))
    }
    try Output.standard.line(
      "Wrote   \(target)   \(model.name), \(model.classCount) classes, "
        + String(format: "%.1f MB", Double(model.parameterBytes) / 1e6))
    try Output.standard.line("        \(model.preprocessing.words)")
    try Output.standard.line()
    try Output.standard.line("Next    graft finetune \(target) on my-photos")
  }

  private func read() throws(GraftError) -> Model {
    var model = try Model(
      network: network, weights: FilePath(weights),
      options: ModelOptions(
        preprocessing: try preprocess.map { (json) throws(GraftError) in
          try ModelFlags.preprocessing(json)
        }, size: size, allowsNonFinite: allowNonfinite))
    if let labels { model = try LabelFile.naming(model, FilePath(labels)) }
    guard model.labels != nil else {
      throw GraftError(
        "\(weights): nothing says what the \(model.classCount) classes are called",
        kind: .usage, hints: ["Give their names with --labels FILE, one a line, in output order."])
    }
    return model
  }
}
