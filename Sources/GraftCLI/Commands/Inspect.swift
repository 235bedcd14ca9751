import ArgumentParser
import Foundation
import Graft

/// `graft inspect <model>`
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show layers, shapes, preprocessing, labels and card of a model.",
    discussion: """
      Examples:
        graft inspect vgg16.onnx
        graft inspect pets.onnx --plan
        graft inspect resnet50.onnx --cuts
      """)

  @Argument(help: "A model's name, or a path to an .onnx file or a run.")
  var model: String

  @Flag(help: "Show how the network runs: fused operators and chosen methods.")
  var plan = false

  @Flag(help: "List the places where 'finetune --cut' can cut the network.")
  var cuts = false

  @Option(parsing: .unconditional, help: "Batch size for --plan.")
  var batch: Int = 1

  @OptionGroup var modelFlags: ModelFlags
  @OptionGroup var nameFlags: NameFlags
  @OptionGroup var runFlags: RunFlags

  func validate() throws {
    guard (1...4096).contains(batch) else {
      throw ValidationError("--batch is \(batch); expected 1 to 4096")
    }
    guard !(plan && cuts) else {
      throw ValidationError("--plan and --cuts are two lists; ask for one")
    }
  }

  func run() throws {
    try runFlags.apply()
    let model = try load()
    if cuts {
      return try CutTable(model, given: self.model).show(json: runFlags.json, talk: runFlags.talk)
    }
    if runFlags.json { return try Output.standard.json(try model.summary()) }
    model.warnAboutPreprocessing(runFlags.talk)
    if plan { return try showPlan(model) }
    try show(try model.summary())
  }

  /// A network that graft cannot train is still shown as its file has it, before the error.
  private func load() throws -> Model {
    do {
      return try nameFlags.naming(try modelFlags.load(model))
    } catch {
      guard !runFlags.json, let path = ModelLocator.path(of: model),
        let file = try? ONNXReader.read(path)
      else { throw error }
      let weights = Set(file.graph.initializers.map(\.name))
      var table = Columns([.left, .left, .left, .left])
      table.append(["layer", "operator", "inputs", "outputs"])
      for node in file.graph.nodes {
        table.append([
          node.name.printable, node.opType,
          node.inputs.filter { !weights.contains($0) }.joined(separator: ", ").printable,
          node.outputs.joined(separator: ", ").printable,
        ])
      }
      for line in table.lines() { try Output.standard.line(line) }
      try Output.standard.flush()
      throw GraftError(error.message, kind: error.kind)
    }
  }

  private func show(_ summary: ModelSummary) throws(GraftError) {
    let out = Output.standard
    try out.line("\(summary.name): \(summary.layers.count) layers, opset \(summary.opset)")
    try out.line()
    var table = Columns([.left, .left, .left, .right, .right])
    table.append(["layer", "operator", "output", "parameters", "MFLOP"])
    for layer in summary.layers {
      table.append([
        layer.name.printable, layer.opType, Shape(layer.outputShape).description,
        layer.parameters == 0 ? "" : "\(layer.parameters)",
        String(format: "%.1f", Double(layer.flop) / 1e6),
      ])
    }
    for line in table.lines() { try out.line(line) }
    try out.line()
    try out.line(
      "parameters     \(summary.parameters) (\(String(format: "%.1f", Double(summary.parameters) * 4 / 1e6)) MB)"
    )
    try out.line(
      "work           \(String(format: "%.2f", Double(summary.flop) / 1e9)) GFLOP a photo")
    try out.line("input          \(Shape([1] + summary.inputShape))")
    try out.line("head           \(summary.head)")
    try out.line("ends with      \(summary.outputActivation)")
    if let task = summary.task { try out.line("task           \(task)") }
    try out.line("preprocessing  \(summary.preprocessing.words)  (\(summary.preprocessingOrigin))")
    try out.line("               \(summary.preprocessing.json)")
    try out.line("labels         \(Self.text(summary.labels, count: summary.classes))")
    if let card = summary.card { try show(card) }
  }

  private func show(_ card: TrainingCard) throws(GraftError) {
    let out = Output.standard
    try out.line(
      "card           \(card.trained) trained on \(card.base.name) by graft \(card.graftVersion)")
    try out.line(
      "               \(card.trainingPhotos) photos, \(card.validationPhotos) kept back, seed \(card.settings.seed)"
    )
    if let validation = card.validation {
      try out.line("               validation accuracy \(validation.words)")
    }
    for summary in [card.multiLabel?.summary, card.regression?.summary] {
      if let summary { try out.line("               validation \(summary)") }
    }
  }

  private static func text(_ labels: [String]?, count: Int) -> String {
    guard let labels else { return "not known; the network has \(count) outputs" }
    let shown = labels.prefix(8).joined(separator: ", ")
    return labels.count > 8 ? "\(labels.count): \(shown), …" : shown
  }

  /// `winograd 3.1 ms, direct 9.8 ms`: why the method was chosen, where there was a choice.
  private static func reason(_ step: PlannedStep) -> String {
    guard step.estimates.count > 1 else { return "" }
    return step.estimates.sorted { $0.cost < $1.cost }
      .map { "\($0.name) \(String(format: "%.2f", $0.cost / 1e3)) ms" }.joined(separator: ", ")
  }

  private func showPlan(_ model: Model) throws(GraftError) {
    let plan: Plan
    do {
      plan = try Plan(model.graph, batchSize: batch, mode: .inference, options: runFlags.plan)
    } catch {
      throw GraftError(error)
    }
    var table = Columns([.left, .left, .left, .right, .left])
    table.append(["step", "operator", "method", "GFLOP", "expected"])
    for step in plan.steps {
      table.append([
        step.node.name.printable, step.node.opType, step.method ?? "",
        String(format: "%.3f", Double(step.floatingPointOperations) / 1e9), Self.reason(step),
      ])
    }
    for line in table.lines() { try Output.standard.line(line) }
    try Output.standard.line()
    try Output.standard.line(
      "expected times are those of two cores with AVX2; the cheapest method is taken"
        + (runFlags.plan.isExact ? ", of those that round as a plain sum (--exact)" : ""))
    if plan.imageSteps > 0 {
      try Output.standard.line(
        "the first \(plan.imageSteps) steps take the images one by one, "
          + "\(plan.imageWorkers) at a time; the others the whole batch")
    }
    let activations = plan.arenaFloats + plan.imageWorkers * plan.imageArenaFloats
    try Output.standard.line(
      String(
        format: "memory  activations %.1f MB, packed weights %.1f MB",
        Double(activations) * 4 / 1e6, Double(plan.packedFloats) * 4 / 1e6))
  }
}
