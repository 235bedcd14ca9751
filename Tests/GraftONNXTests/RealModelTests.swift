import Foundation
import GraftONNX
import SystemPackage
import Testing

private let root = ProcessInfo.processInfo.environment["GRAFT_DATA"].map { FilePath($0) }

/// The models in `$GRAFT_DATA`; not run where it is not set.
@Suite(.enabled(if: root != nil, "GRAFT_DATA is not set"))
struct RealModelTests {
  static let models: [String] = ["weights", "light"].flatMap { folder -> [String] in
    guard let root, let found = try? names(in: root.appending(folder)) else { return [] }
    return found.filter { $0.hasSuffix(".onnx") }.map { "\(folder)/\($0)" }
  }

  @Test func areThere() { #expect(Self.models.contains("weights/resnet50_imagenet.onnx")) }

  @Test(arguments: models) func readWriteReadGivesTheSame(name: String) throws {
    let path = try #require(root).appending(name)
    let model = try ONNXReader.read(path)
    #expect(!model.graph.nodes.isEmpty)
    try withFolder { folder in
      let copy = folder.appending("copy.onnx")
      try ONNXWriter.write(model, to: copy)
      let back = try ONNXReader.read(copy)
      #expect(back.graph.initializers.count == model.graph.initializers.count)
      for (a, b) in zip(model.graph.initializers, back.graph.initializers) {
        #expect(a.name == b.name && a.elementType == b.elementType && a.dimensions == b.dimensions)
        let same =
          a.bytes.count == b.bytes.count && memcmp(a.bytes.base, b.bytes.base, a.bytes.count) == 0
        #expect(same, "\(a.name)")
      }
      let again = try ONNXWriter.bytes(of: back)
      let written = try ONNXWriter.bytes(of: model)
      let same = again.count == written.count && memcmp(again.base, written.base, again.count) == 0
      #expect(same)
    }
  }
}
