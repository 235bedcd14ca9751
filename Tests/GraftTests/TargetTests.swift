import Foundation
import Graft
import GraftOperators
import GraftTestSupport
import Testing

/// Several labels and numbers, as users of the library meet them.
@Suite struct TargetTests {
  private let folder: TemporaryFolder
  private let photos: FilePath

  init() throws {
    folder = try TemporaryFolder()
    photos = try folder.photos()
  }

  private func table(_ header: String, _ row: (String, Int, Int) -> String) throws -> LabelSource {
    var text = "path,\(header)\n"
    for (index, shape) in DrawnShape.allCases.prefix(3).enumerated() {
      for number in 0..<12 {
        text += "\(shape.rawValue)/\(number).png," + row(shape.rawValue, index, number) + "\n"
      }
    }
    let file = folder.path.appending("labels.csv")
    try Data(text.utf8).write(to: URL(fileURLWithPath: file.string))
    return .table(file)
  }

  private func labelled() throws -> SplitPhotos {
    let source = try table("labels") { shape, index, _ in index == 2 ? "" : "drawn|\(shape)" }
    return try ImageFolder(photos, labels: source, task: .multiLabel).split(seed: 3)
  }

  private func measured() throws -> SplitPhotos {
    let source = try table("grams,metres") { _, index, number in
      "\(1000 * index + number),\(Double(number) / 1000 - 5)"
    }
    return try ImageFolder(photos, labels: source, task: .regression).split(seed: 3)
  }

  private func options(_ depth: TrainingDepth = .head) -> FineTuningOptions {
    FineTuningOptions(
      depth: depth, training: TrainingOptions(epochs: 4, batchSize: 8),
      deepTraining: TrainingOptions(epochs: 2, batchSize: 8, learningRate: 1e-3, optimizer: "sgd"),
      caching: .off)
  }

  private func trained(_ photos: SplitPhotos, _ options: FineTuningOptions) throws -> FineTuningRun
  {
    let file = folder.path.appending("tiny.onnx")
    let isThere = FileManager.default.fileExists(atPath: file.string)
    return try Model(contentsOf: isThere ? file : folder.tinyModel())
      .replacingHead(classes: photos.labels, task: photos.task)
      .fineTune(on: photos, options: options)
  }

  private func answers(_ model: Model, _ paths: [FilePath]) throws -> [Classification] {
    var rows: [Classification] = []
    try Classifier(model, caching: .off).classify(paths) {
      rows.append($0)
      return .proceed
    }
    return rows
  }

  @Test(arguments: [TrainingDepth.head, .layers(2), .all])
  func labelsTravelWithTheFile(_ depth: TrainingDepth) throws {
    let photos = try labelled()
    let run = try trained(photos, options(depth))
    #expect(run.report.validation == nil && run.validationPredictions.isEmpty)
    let report = try #require(run.report.multiLabel)
    #expect(report.photos == photos.split.validation.count && report.perLabel.count == 3)
    #expect(run.report.settings.task == .multiLabel)
    let target = folder.path.appending("labels.onnx")
    let check = try run.best.write(
      to: target, comparingOn: run.validationAnswers.map(\.path), caching: .off)
    #expect(check.agreeing == check.compared && check.photos == report.photos)
    let read = try Model(contentsOf: target)
    #expect(read.task == .multiLabel && read.labels == photos.labels)
    #expect(read.outputActivation == .sigmoid)
    #expect(read.card?.multiLabel == report)
    #expect(read.graph.nodes.map(\.opType) == run.best.graph.nodes.map(\.opType))

    // Each probability is of its label alone, and the file says what the run said.
    let said = try answers(read, run.validationAnswers.map(\.path))
    for (row, answer) in zip(said, run.validationAnswers) {
      #expect(row.values.isEmpty)
      for guess in row.guesses {
        let place = try #require(photos.labels.firstIndex(of: guess.label))
        #expect(abs(guess.probability - answer.answers[place]) < 1e-5)
      }
    }
    let evaluated = try read.evaluateTargets(
      on: photos.folder, samples: photos.split.validation.map { photos.samples[$0] }, caching: .off)
    #expect(evaluated.multiLabel?.macroF1 == report.macroF1)
    #expect(
      abs((evaluated.multiLabel?.meanAveragePrecision ?? 0) - report.meanAveragePrecision) < 1e-9)
  }

  @Test func valuesAreInTheUnitsOfThePhotos() throws {
    let photos = try measured()
    let run = try trained(photos, options())
    let report = try #require(run.report.regression)
    // Standardised or not, what is said lies near the means of what was learned.
    #expect(run.validationAnswers.allSatisfy { abs($0.answers[0] - 1000) < 3000 })
    #expect(run.validationAnswers.allSatisfy { abs($0.answers[1] + 5) < 0.1 })
    #expect(report.perTarget[1].rootMeanSquaredError < 0.1)
    let target = folder.path.appending("values.onnx")
    let check = try run.best.write(
      to: target, comparingOn: run.validationAnswers.map(\.path), caching: .off)
    #expect(check.agreeing == check.compared && check.largestDifference < 1e-4)
    let read = try Model(contentsOf: target)
    #expect(read.task == .regression && read.targetScale == run.best.targetScale)
    #expect(read.graph.nodes.map(\.opType) == run.best.graph.nodes.map(\.opType))
    for (row, answer) in zip(
      try answers(read, run.validationAnswers.map(\.path)), run.validationAnswers)
    {
      #expect(row.guesses.isEmpty)
      #expect(row.values.map(\.label) == ["grams", "metres"])
      #expect(abs(row.values[0].value - answer.answers[0]) < 0.01)
    }
    #expect {
      try run.best.write(
        to: folder.path.appending("l.onnx"), options: ExportOptions(output: .logits))
    } throws: {
      "\($0)" == "values have no logits; the file gives them as they are"
    }
  }

  /// What a file gives runs without graft: its last nodes are the answers.
  @Test func theFileItselfGivesValues() throws {
    let run = try trained(measured(), options())
    let target = folder.path.appending("values.onnx")
    try run.best.write(to: target, caching: .off)
    let graph = try Graph(importing: ONNXReader.read(target), registry: .standard)
    #expect(graph.outputs == ["values"])
    #expect(graph.nodes.suffix(2).map(\.opType) == ["Mul", "Add"])
    let scale = try #require(run.best.targetScale)
    let constants = graph.nodes.suffix(2).map { graph.parameters[$0.inputs[1]]?.tensor.elements }
    #expect(constants == [scale.deviation, scale.mean])
  }

  @Test func goesOnWithTheSameBytes() throws {
    let photos = try measured()
    let model = try Model(contentsOf: folder.tinyModel())
      .replacingHead(classes: photos.labels, task: .regression)
    var kept: [FineTuningCheckpoint] = []
    let options = options(.layers(2))
    let whole = try model.fineTune(on: photos, options: options) { _ in
      .proceed
    } onCheckpoint: {
      kept.append($0)
    }
    let file = folder.path.appending("last.ckpt")
    try kept[kept.count / 2].write(to: file)
    let rest = try model.fineTune(
      on: photos, options: options, resuming: FineTuningCheckpoint(contentsOf: file))
    #expect(
      rest.best.graph.parameters.mapValues(\.tensor)
        == whole.best.graph.parameters.mapValues(\.tensor))
    #expect(rest.validationAnswers == whole.validationAnswers)
  }

  @Test func theHeadMustBeForTheSameTask() throws {
    let photos = try labelled()
    let model = try Model(contentsOf: folder.tinyModel()).replacingHead(classes: photos.labels)
    #expect {
      try model.fineTune(on: photos, options: options())
    } throws: {
      "\($0)" == "the model's labels are not the folder's classes; replace the head first"
    }
  }

  /// A model of several labels becomes one of classes with a new head, and is written as one.
  @Test func aNewHeadIsForClassesAgain() throws {
    let target = folder.path.appending("labels.onnx")
    try trained(labelled(), options()).best.write(to: target, caching: .off)
    let photos = try ImageFolder(photos).split()
    let again = try Model(contentsOf: target).replacingHead(classes: photos.labels)
    let run = try again.fineTune(on: photos, options: options())
    let classes = folder.path.appending("classes.onnx")
    try run.best.write(to: classes, caching: .off)
    let read = try Model(contentsOf: classes)
    #expect(read.task == .classification && read.outputActivation == .softmax)
    let onnx = try ONNXReader.read(classes)
    #expect(onnx.metadataValue("graft.task") == nil && onnx.metadataValue("graft.targets") == nil)
  }

  @Test(arguments: [
    (
      "graft.task", "guess",
      "metadata 'graft.task' is 'guess'; expected classification, multi-label, regression"
    ),
    ("graft.targets", "{}", "metadata 'graft.targets' does not say the scale of 2 values"),
    (
      "graft.targets", #"{"mean":[1,2],"deviation":[1,0]}"#,
      "metadata 'graft.targets' does not say the scale of 2 values"
    ),
  ])
  func refusesFilesThatAreNotClear(_ key: String, _ value: String, _ message: String) throws {
    let target = folder.path.appending("values.onnx")
    try trained(measured(), options()).best.write(to: target, caching: .off)
    var onnx = try ONNXReader.read(target)
    for place in onnx.metadata.indices where onnx.metadata[place].key == key {
      onnx.metadata[place].value = value
    }
    let changed = folder.path.appending("changed.onnx")
    try ONNXWriter.write(onnx, to: changed)
    #expect { try Model(contentsOf: changed) } throws: { "\($0)".hasSuffix(": " + message) }
  }

  @Test func evaluatesOnlyWhatItKnows() throws {
    let labels = try labelled()
    let model = try trained(labels, options()).best
    let other = try table("labels") { _, index, _ in index == 0 ? "strange" : "drawn" }
    let folder = try ImageFolder(photos, labels: other, task: .multiLabel)
    #expect {
      try model.evaluateTargets(on: folder, samples: folder.samples, caching: .off)
    } throws: {
      "\($0)".hasPrefix("the photos have label 'strange' that the model lacks (the model has '")
    }
    let numbers = try trained(measured(), options()).best
    let lighter = try table("grams,inches") { _, index, number in "\(index),\(number)" }
    let found = try ImageFolder(photos, labels: lighter, task: .regression)
    #expect {
      try numbers.evaluateTargets(on: found, samples: found.samples, caching: .off)
    } throws: {
      "\($0)" == "the photos have no 'metres', of which the model says the value"
    }
  }
}
