import Foundation
import Graft
import GraftTestSupport
import Testing

@Suite(.serialized) struct ModelRecordTests {
  private static let files: [String] = {
    let folder = Fixtures.url("../../models").path(percentEncoded: false)
    return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
      .filter { $0.hasSuffix(".json") && $0 != "default.json" }
      .map { String($0.dropLast(5)) }
  }()

  @Test func everyFileIsARecordOfItsName() {
    #expect(!Self.files.isEmpty)
    #expect(ModelRecord.all.map(\.name).sorted() == Self.files.sorted())
  }

  @Test func noTwoRecordsShareANameOrAFile() {
    let names = ModelRecord.all.flatMap { [$0.name] + $0.aliases }
    #expect(Set(names).count == names.count)
    #expect(Set(ModelRecord.all.map(\.sha256)).count == ModelRecord.all.count)
  }

  @Test(arguments: ModelRecord.all) func isComplete(_ record: ModelRecord) {
    #expect(record.sha256.count == 64)
    #expect(record.sha256.allSatisfy { "0123456789abcdef".contains($0) })
    #expect(record.bytes > 0)
    #expect((3...28).contains(record.opset))
    #expect(record.labelNames?.isEmpty == false)
    #expect(record.preprocessing.std.allSatisfy { $0 > 0 })
    #expect(record.sources.allSatisfy { $0.url.hasPrefix("https://") })
  }

  @Test func guessesWhatWasMeant() {
    let error = #expect(throws: GraftError.self) { try Model.pretrained("vg16") }
    #expect(
      error?.description == """
        'vg16' is not a model I know. Did you mean 'vgg16'?
          graft models lists all; a path to an .onnx file works too
        """)
    #expect(error?.kind == .missing)
    #expect(ModelRecord.nearest(to: "somethingelse") == nil)
  }

  @Test func findsAModelInTheFoldersGiven() throws {
    let folder = try TemporaryFolder()
    setenv("GRAFT_MODELS", "/nowhere:\(folder.path.string)", 1)
    defer { unsetenv("GRAFT_MODELS") }
    #expect(Array(ModelLocator.folders().prefix(3)) == ["/nowhere", folder.path, "."])
    #expect(ModelLocator.path(of: "resnet34") == nil)
    let file = folder.path.appending("resnet34.onnx")
    #expect(FileManager.default.createFile(atPath: file.string, contents: Data()))
    #expect(ModelLocator.path(of: "resnet34") == file)
    #expect(ModelLocator.path(of: "no/such.onnx") == "no/such.onnx")
  }

  @Test func namesWhatAPointerStandsFor() throws {
    let folder = try TemporaryFolder()
    let record = try #require(ModelRecord.named("vgg16"))
    let pointer = """
      version https://git-lfs.github.com/spec/v1
      oid sha256:\(record.sha256)
      size \(record.bytes)

      """
    let file = folder.path.appending("vgg16-7.onnx")
    #expect(
      FileManager.default.createFile(atPath: file.string, contents: Data(pointer.utf8)))
    let error = #expect(throws: GraftError.self) { try Model(contentsOf: file) }
    #expect(error?.hints.last == "That is vgg16: graft models pull vgg16 fetches it.")
  }

  @Test func saysWhereAKnownModelWasSought() {
    let error = #expect(throws: GraftError.self) { try Model.pretrained("resnet152-v2") }
    #expect(error?.message == "the model 'resnet152-v2' is not on this machine.")
    #expect(error?.hints.first?.hasPrefix("looked for resnet152-v2.onnx in: ") == true)
  }
}
