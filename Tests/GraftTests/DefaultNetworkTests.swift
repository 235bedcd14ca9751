import Foundation
import Graft
import Testing

/// The network that is part of graft.
@Suite struct DefaultNetworkTests {
  @Test func isTheFileThatItsCardSpeaksOf() throws {
    let card = try #require(EmbeddedCard.ofDefault)
    let models = FilePath(#filePath).removingLastComponent().removingLastComponent()
      .removingLastComponent().appending("models")
    let file = models.appending("default.onnx")
    #expect(try ContentHash(ofFile: file).hex == card.sha256)
    #expect(FileManager.default.contents(atPath: file.string)?.count == card.bytes)
    #expect(card.bytes < 1_200_000)
  }

  @Test func comesByNameWithLabelsAndPreprocessing() throws {
    let model = try Model.pretrained("default")
    #expect(model.name == "default")
    #expect(model.file == nil)
    #expect(model.classCount == 20)
    #expect(model.labels?.count == 20)
    #expect(model.preprocessing.crop == 32)
    #expect(model.preprocessingOrigin == .file)
    #expect(model.card?.trained == "all")
  }

  /// What the demo shows: shapes that the network never saw.
  @Test func learnsTheDrawnShapes() throws {
    let folder = FilePath(NSTemporaryDirectory()).appending("graft-shapes-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(atPath: folder.string) }
    for (index, shape) in DrawnShape.allCases.enumerated() {
      let place = folder.appending(shape.rawValue)
      try FileManager.default.createDirectory(
        atPath: place.string, withIntermediateDirectories: true)
      for number in 0..<100 {
        var generator = SeededGenerator(1, index, number)
        try PNGWriter.write(
          shape.picture(side: 64, using: &generator), to: place.appending("\(number).png"))
      }
    }
    let photos = try ImageFolder(folder).split()
    let run = try Model.pretrained("default").replacingHead(classes: photos.labels)
      .fineTune(on: photos, options: FineTuningOptions(depth: .head, caching: .off))
    let right = run.validationPredictions.count { $0.label == $0.prediction }
    #expect(right * 10 >= run.validationPredictions.count * 9)
  }

  @Test func drawsTheSamePictureFromTheSameSeed() {
    var (a, b, c) = (SeededGenerator(3), SeededGenerator(3), SeededGenerator(4))
    let first = DrawnShape.star.picture(side: 24, using: &a)
    #expect(first == DrawnShape.star.picture(side: 24, using: &b))
    #expect(first != DrawnShape.star.picture(side: 24, using: &c))
  }
}
