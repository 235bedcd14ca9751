import Foundation
import Graft
import GraftTestSupport
import Testing

/// The whole of graft on networks of other frameworks, of 8-bit integers, of halves and of old
/// opsets: fine-tuned, written, read again and asked.
@Suite(.serialized) struct ImportedNetworksTests {
  private let folder: TemporaryFolder
  private let photos: SplitPhotos

  init() throws {
    folder = try TemporaryFolder()
    photos = try ImageFolder(folder.photos()).split()
  }

  private func model(_ name: String) throws -> Model {
    try Model(
      contentsOf: FilePath(Fixtures.url("importers/\(name).onnx").path(percentEncoded: false)))
  }

  private func answers(_ model: Model) throws -> [[Classification.Guess]] {
    var rows: [[Classification.Guess]] = []
    let paths = photos.samples.map(\.path)
    try Classifier(model, caching: .off).classify(paths) { photo in
      #expect(photo.error == nil)
      rows.append(photo.guesses.sorted { $0.label < $1.label })
      return .proceed
    }
    return rows
  }

  @Test(arguments: [
    "bfloat-residual", "half-mobile", "int8-residual-qdq", "int8-residual-qlinear",
    "keras-depthwise-opset13", "keras-flatten-opset11", "keras-last-opset17",
    "keras-rescaled-opset15", "old-residual-opset3", "old-various-opset6",
  ]) func learnsIsWrittenAndAnswers(_ name: String) throws {
    let model = try model(name).replacingHead(classes: photos.labels)
    let unjudged = try ImageFolder(folder.path.appending("photos")).split(validation: 0)
    let run = try model.fineTune(
      on: unjudged,
      options: FineTuningOptions(
        depth: .all, training: TrainingOptions(epochs: 2, batchSize: 8),
        deepTraining: TrainingOptions(epochs: 1, batchSize: 8, learningRate: 1e-3),
        caching: .off))
    let (before, after) = (model.graph.givingNodesOwnParameters(), run.best.graph)
    for (name, parameter) in before.parameters {
      let isChanged = after.parameters[name]?.tensor != parameter.tensor
      #expect(isChanged == (parameter.role != .buffer), "\(name)")
    }

    let target = folder.path.appending("\(name).onnx")
    try run.best.write(to: target)
    let read = try Model(contentsOf: target)
    #expect(read.labels == photos.labels)
    #expect(read.notes.isEmpty)
    let (written, own) = (try answers(read), try answers(run.best))
    #expect(written.count == photos.samples.count)
    for (a, b) in zip(written.joined(), own.joined()) {
      #expect(a.label == b.label)
      #expect(abs(a.probability - b.probability) < 1e-5)
    }
  }

  @Test func tellsHowTheFileWasRead() throws {
    #expect(try model("int8-vgg-qdq").notes.first?.hasPrefix("the file is quantised: 10 ") == true)
    #expect(
      try model("keras-flatten-opset11").notes == [
        "the file takes photos as [N, height, width, channels] at 'input'; graft reads, and writes, "
          + "the network for [N, channels, height, width]"
      ])
  }
}
