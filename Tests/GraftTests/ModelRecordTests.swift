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
    let names = ModelRecord.files.flatMap { [$0.name] + $0.aliases }
    #expect(Set(names).count == names.count)
    #expect(Set(ModelRecord.files.map(\.sha256)).count == ModelRecord.files.count)
    // However it is spelled, a name means one network.
    var owners: [String: Set<String>] = [:]
    for record in ModelRecord.all {
      let own = [record.name] + record.aliases + (record.variants ?? []).flatMap(\.names)
      for name in own {
        owners[name.lowercased().replacing("_", with: "-"), default: []].insert(record.name)
      }
    }
    #expect(owners.filter { $0.value.count > 1 } == [:])
  }

  @Test func knowsOtherFilesOfANetwork() throws {
    let record = try #require(ModelRecord.named("VGG16_12"))
    #expect(record.name == "vgg16-12")
    #expect(record.opset == 12)
    #expect(record.sha256.hasPrefix("722c42f53ca03a54"))
    #expect(record.preprocessing == ModelRecord.named("vgg16")?.preprocessing)
    #expect(
      record.sources.first?.url
        == "https://huggingface.co/onnxmodelzoo/vgg16-12/resolve/main/vgg16-12.onnx")
    #expect(record.sources.allSatisfy { !$0.checked })
    #expect(record.accuracy != nil)
    // Weights of 8 bits answer otherwise, and a network's name does not mean them.
    #expect(ModelRecord.named("vgg16-12-int8")?.accuracy == nil)
    let folder = try TemporaryFolder()
    setenv("GRAFT_MODELS", folder.path.string, 1)
    defer { unsetenv("GRAFT_MODELS") }
    for name in ["vgg16-12-int8", "vgg16-12"] {
      let file = folder.path.appending("\(name).onnx")
      #expect(ModelLocator.path(of: "vgg16") == nil)
      #expect(FileManager.default.createFile(atPath: file.string, contents: Data()))
      #expect(ModelLocator.path(of: name) == file)
    }
    #expect(ModelLocator.path(of: "vgg16") == folder.path.appending("vgg16-12.onnx"))
  }

  @Test(arguments: ModelRecord.files) func isComplete(_ record: ModelRecord) {
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
