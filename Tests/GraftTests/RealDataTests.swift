import Foundation
import Graft
import Testing

private let data = ProcessInfo.processInfo.environment["GRAFT_DATA"].map { FilePath($0) }

/// The networks and photos in `$GRAFT_DATA`; they fail where something is missing there, and are
/// not run where it is not set.
@Suite(.serialized, .enabled(if: data != nil, "GRAFT_DATA is not set"))
struct RealDataTests {
  private func model(_ name: String) throws -> Model {
    try Model(contentsOf: try #require(data).appending("weights/\(name).onnx"))
  }

  private func folder(_ name: String) throws -> FilePath {
    try #require(data).appending("images/\(name)")
  }

  /// Each photo with what both networks say of it first; those marked are wrong: what the photo
  /// shows is another class.
  private static let resNet = [
    "arch": "triumphal arch", "cat": "tiger cat", "coffee": "cup", "dog": "Samoyed",
    "elephant": "African elephant", "ilsvrc1917": "drake", "kitten": "tabby",
    "owl": "great grey owl", "seaurchin": "sea urchin",
  ]
  private static let squeezeNet = [
    "arch": "triumphal arch", "cat": "tiger cat", "coffee": "cup", "dog": "Samoyed",
    "elephant": "African elephant",
    "ilsvrc1917": "American coot",  // wrong: a drake
    "kitten": "tiger cat",
    "owl": "prairie chicken",  // wrong: a great grey owl
    "seaurchin": "porcupine",  // wrong: a sea urchin
  ]

  @Test(arguments: [("resnet50_imagenet", resNet), ("squeezenet1.1_imagenet", squeezeNet)])
  func namesTheProbePhotos(_ name: String, _ expected: [String: String]) throws {
    let paths = try expected.keys.sorted().map { try folder("probe_photos/\($0).png") }
    var found: [String: String] = [:]
    try Classifier(try model(name), caching: .off).classify(paths) { photo in
      #expect(photo.error == nil)
      found[photo.path.stem ?? ""] = photo.guesses.first?.label
      return .proceed
    }
    #expect(found == expected)
  }

  @Test(arguments: [("resnet50_imagenet", 0.94), ("squeezenet1.1_imagenet", 0.92)])
  func learnsAntsFromBees(_ name: String, _ leastAccuracy: Double) throws {
    let photos = try ImageFolder(folder("ants_bees")).split()
    #expect(photos.labels == ["ants", "bees"])
    #expect(photos.split.train.count == 244)
    #expect(photos.split.validation.count == 153)
    let run = try model(name).replacingHead(classes: photos.labels)
      .fineTune(on: photos, options: FineTuningOptions(depth: .head, caching: .off))
    let accuracy = try #require(run.report.validation?.accuracy.value)
    #expect(accuracy >= leastAccuracy)
  }

  @Test func theTwoFilesOfOneNetworkAgree() throws {
    let paths = try ["arch", "cat", "dog", "owl"].map { try folder("probe_photos/\($0).png") }
    let answers = try ["cifar10_resnet20", "cifar10_resnet20_torchexport"].map { name in
      var rows: [[Classification.Guess]] = []
      try Classifier(try model(name), caching: .off).classify(paths) { photo in
        rows.append(photo.guesses.sorted { $0.label < $1.label })
        return .proceed
      }
      return rows
    }
    #expect(answers[0].count == 4)
    for (a, b) in zip(answers[0].joined(), answers[1].joined()) {
      #expect(a.label == b.label)
      #expect(abs(a.probability - b.probability) < 1e-5)
    }
  }
}
