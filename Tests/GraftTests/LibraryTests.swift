import Foundation
import Graft
import GraftONNX
import GraftTestSupport
import Testing

/// The library as its users call it.
@Suite(.serialized) struct LibraryTests {
  private let folder: TemporaryFolder
  private let cache: FilePath

  init() throws {
    folder = try TemporaryFolder()
    cache = folder.path.appending("cache")
  }

  private var quick: FineTuningOptions {
    FineTuningOptions(
      depth: .head, training: TrainingOptions(epochs: 3, batchSize: 8), caching: .directory(cache))
  }

  /// The example of the README, on a tiny network.
  @Test func finetunesInFiveLines() throws {
    setenv("GRAFT_CACHE", cache.string, 1)
    defer { unsetenv("GRAFT_CACHE") }
    let network = try folder.tinyModel().string
    let folderOfPhotos = try folder.photos()
    let target = folder.path.appending("pets.onnx")
    var events = 0

    let base = try Model.pretrained(network)
    let photos = try ImageFolder(folderOfPhotos).split(validation: 0.2, seed: 1)
    let run = try base.replacingHead(classes: photos.labels)
      .fineTune(on: photos, depth: .head) { _ in events += 1 }
    try run.best.write(to: target)

    #expect(events > 3)
    #expect(run.report.epochs.count >= 1)
    #expect(run.outcome != .stopped)
    let read = try Model(contentsOf: target)
    #expect(read.labels == photos.labels)
    #expect(read.classCount == 3)
  }

  /// What a file said of itself is the model's, not the graph's: the graph goes on without it.
  @Test func theGraphOfAModelMakesAnotherModel() throws {
    let written = folder.path.appending("written.onnx")
    try Model(contentsOf: folder.tinyModel()).replacingHead(classes: ["a", "b"])
      .write(to: written)
    let graph = try Model(contentsOf: written).graph.replacingHead(classes: 4, seed: 1)
    let again = try Model(graph.exported(), name: "again")
    #expect(again.classCount == 4)
    #expect(again.labels == nil)
  }

  @Test func anExportedModelIsTheSameModelAgain() throws {
    let base = try Model(contentsOf: folder.tinyModel())
    let photos = try ImageFolder(folder.photos()).split()
    var caches: [Int] = []
    let run = try base.replacingHead(classes: photos.labels)
      .fineTune(on: photos, options: quick) { event in
        if case .featuresStarted(_, let cached) = event { caches.append(cached) }
        return .proceed
      }
    let target = folder.path.appending("pets.onnx")
    try run.best.write(to: target)
    let read = try Model(contentsOf: target)
    #expect(read.labels == photos.labels)
    #expect(read.preprocessing == base.preprocessing)
    #expect(read.preprocessingOrigin == .file)
    #expect(read.card == run.best.card)
    #expect(read.card?.trained == "head")
    #expect(read.graph.nodes.map(\.opType) == run.best.graph.nodes.map(\.opType))
    #expect(read.outputActivation == .softmax)

    // The backbone has the same fingerprint: its features are found.
    _ = try read.replacingHead(classes: photos.labels).fineTune(on: photos, options: quick) {
      if case .featuresStarted(_, let cached) = $0 { caches.append(cached) }
      return .proceed
    }
    #expect(caches == [0, photos.samples.count])
  }

  @Test func classifyingUsesTheFeaturesOfTheRun() throws {
    let base = try Model(contentsOf: folder.tinyModel())
    let photos = try ImageFolder(folder.photos()).split()
    let best = try base.replacingHead(classes: photos.labels)
      .fineTune(on: photos, options: quick).best
    let target = folder.path.appending("pets.onnx")
    try best.write(to: target)
    let size = TemporaryFolder.size(of: cache)
    #expect(size > 0)
    let paths = photos.samples.map(\.path)
    func classify(_ caching: FeatureCaching) throws -> [[Classification.Guess]] {
      var rows: [[Classification.Guess]] = []
      try Classifier(Model(contentsOf: target), caching: caching).classify(paths) { photo in
        rows.append(photo.guesses)
        return .proceed
      }
      return rows
    }
    let rows = try classify(.directory(cache))
    #expect(rows.count == paths.count)
    #expect(TemporaryFolder.size(of: cache) == size)
    #expect(try classify(.off) == rows)
  }

  /// A shorter side below the crop is nothing to crop from; stretching does not look at it.
  @Test func cropsOnlyWhatIsLargeEnough() throws {
    var given = Preprocessing.imageNet
    (given.fit, given.resize, given.crop) = (.stretch, 4, 8)
    let path = try folder.tinyModel()
    let side = try Model(contentsOf: path).preprocessing.crop ?? 0
    let model = try Model(
      contentsOf: path, options: ModelOptions(preprocessing: given, fit: .crop))
    #expect(model.preprocessing.crop == side)
    #expect(try #require(model.preprocessing.resize) >= side)
    given.std = [0, 1, 1]
    #expect(throws: GraftError.self) {
      try Model(contentsOf: path, options: ModelOptions(preprocessing: given))
    }
  }

  @Test func remembersTheFirstNetworkWhenGraftedAgain() throws {
    var model = try Model(contentsOf: folder.tinyModel())
    model.base = TrainingCard.Base(name: "first", sha256: nil)
    #expect(try model.replacingHead(classes: ["a", "b"]).base?.name == "first")
  }

  @Test func refusesToReplaceAFile() throws {
    var model = try Model(contentsOf: folder.tinyModel())
    model.labels = ["a", "b", "c"]
    let target = folder.path.appending("there.onnx")
    try model.write(to: target)
    let before = FileManager.default.contents(atPath: target.string)
    let error = #expect(throws: GraftError.self) { try model.write(to: target) }
    #expect(error?.kind == .cannotCreate)
    #expect(
      error?.message.hasSuffix("there is such a file already; graft overwrites nothing.") == true)
    #expect(FileManager.default.contents(atPath: target.string) == before)
    try model.write(to: target, options: ExportOptions(replaces: true))
  }

  /// No difference is small enough for a negative tolerance.
  @Test func keepsNoFileThatDisagrees() throws {
    var model = try Model(contentsOf: folder.tinyModel())
    model.labels = ["a", "b", "c"]
    let target = folder.path.appending("bad.onnx")
    let error = #expect(throws: GraftError.self) {
      try model.write(to: target, options: ExportOptions(tolerance: -1))
    }
    #expect(error?.kind == .bug)
    #expect(error?.message.contains("disagrees with the model by") == true)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path.string) == ["tiny.onnx"])
  }

  @Test func halvesTheFile() throws {
    let source = folder.path.appending("wide.onnx")
    try ONNXWriter.write(ONNXModel.tinyClassifier(size: 16, width: 4096), to: source)
    var model = try Model(contentsOf: source)
    model.labels = ["a", "b", "c"]
    let (whole, half) = (folder.path.appending("whole.onnx"), folder.path.appending("half.onnx"))
    let exact = try model.write(to: whole)
    let check = try model.write(to: half, options: ExportOptions(weights: .float16))

    #expect(exact.weights == nil)
    #expect(check.weights == "float16")
    #expect(check.keptInFloat32 == nil)
    #expect(exact.largestDifference < check.largestDifference)
    #expect(check.largestDifference < 0.01)
    let sizes = [whole, half].map { TemporaryFolder.size(ofFile: $0) }
    // Of 32 floats for each channel the five of its bias and normalisation stay.
    #expect(Double(sizes[1]) < 0.6 * Double(sizes[0]), "\(sizes)")
    let stored = try ONNXReader.read(half)
    #expect(
      stored.metadataValue("graft.check")?.contains(#""weights":"float16""#) == true)
    #expect(try ONNXReader.read(whole).metadataValue("graft.check")?.contains("weights") == false)

    let read = try Model(contentsOf: half)
    #expect(read.labels == ["a", "b", "c"])
    #expect(read.preprocessing == model.preprocessing)
    #expect(read.graph.parameterCount == model.graph.parameterCount)
    let trained = try read.replacingHead(classes: ["d", "e"]).graph.parameters.values
    #expect(trained.contains { $0.isTrainable })
  }

  @Test func keepsNoFileWhoseHalvesChangeAnswers() throws {
    var model = try Model(contentsOf: folder.tinyModel())
    model.labels = ["a", "b", "c"]
    let target = folder.path.appending("bad.onnx")
    let error = #expect(throws: GraftError.self) {
      try model.write(to: target, options: ExportOptions(weights: .float16, tolerance: 1e-12))
    }
    #expect(error?.kind == .badData)
    #expect(
      error?.message.wholeMatch(
        of:
          /.*bad\.onnx: weights in float16 change a probability by [0-9.e-]+, and 4 of 4 first answers stay \(--tolerance 1e-12\); the file was not kept/
      ) != nil, "\(error?.message ?? "")")
    #expect(
      error?.hints == ["Leave out --weights float16, or accept more with --tolerance."])
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path.string) == ["tiny.onnx"])
  }

  @Test func refusesToWriteWithoutLabels() throws {
    let model = try Model(contentsOf: folder.tinyModel())
    let error = #expect(throws: GraftError.self) {
      try model.write(to: folder.path.appending("x.onnx"))
    }
    #expect(
      error?.message
        == "the model has no labels; every file that graft writes says what its outputs mean")
  }

  @Test func refusesTrainingForOtherClasses() throws {
    let base = try Model(contentsOf: folder.tinyModel())
    let photos = try ImageFolder(folder.photos()).split()
    let error = #expect(throws: GraftError.self) { try base.fineTune(on: photos, options: quick) }
    #expect(
      error?.message == "the model's labels are not the folder's classes; replace the head first")
  }

  @Test func stopsWhenTold() throws {
    let base = try Model(contentsOf: folder.tinyModel())
    let photos = try ImageFolder(folder.photos()).split()
    let error = #expect(throws: GraftError.self) {
      try base.replacingHead(classes: photos.labels).fineTune(on: photos, options: quick) { _ in
        .stop
      }
    }
    #expect(error?.kind == .interrupted)
  }

  @Test func theSameSeedGivesTheSameModel() throws {
    let base = try Model(contentsOf: folder.tinyModel())
    let photos = try ImageFolder(folder.photos()).split()
    let weights = try (0..<2).map { _ in
      try base.replacingHead(classes: photos.labels).fineTune(on: photos, options: quick)
        .best.graph.parameters["fc.weight"]?.tensor
    }
    #expect(weights[0] == weights[1])
  }
}
