import Foundation
import GraftGraph
import GraftONNX
import GraftOperators
import GraftRuntime
import GraftTensor
import GraftTestSupport
import SystemPackage
import Testing

/// Small networks as people's exporters write them, against the answers of ONNX Runtime:
/// `Tests/Fixtures/networks/make_networks.py`.
@Suite struct NetworkTests {
  private static let answers: [String: [String: [[Float]]]] = {
    guard let data = try? Fixtures.data("networks/answers.json"),
      let answers = try? JSONDecoder().decode([String: [String: [[Float]]]].self, from: data)
    else { return [:] }
    return answers
  }()

  private static let names = [
    "alexnet-opset7", "auxiliary-opset12", "fixed-opset11", "half-opset16", "mobile-opset13",
    "mobile-opset17", "newest-opset21", "residual-folded-opset17", "residual-opset13",
    "shaped-opset9", "slice-pad-opset13", "squeeze-opset11", "vgg-opset18",
  ]

  private func graph(_ name: String) throws -> Graph {
    let model = try ONNXReader.read(
      FilePath(Fixtures.url("networks/\(name).onnx").path(percentEncoded: false)))
    return try Graph(importing: model, registry: .standard)
  }

  private func top5(_ row: some Collection<Float>) -> [Int] {
    let row = Array(row)
    return Array(row.indices.sorted { (row[$0], $1) > (row[$1], $0) }.prefix(5))
  }

  @Test func everyFileHasAnswers() { #expect(Self.answers.keys.sorted() == Self.names) }

  @Test(arguments: names, [true, false])
  func answersAsONNXRuntimeDoes(_ name: String, _ isExact: Bool) throws {
    let graph = try graph(name)
    let session = try Session(
      graph, batchSize: 7, mode: .inference, options: PlanOptions(isExact: isExact))
    for batch in [1, 2, 7] {
      let expected = try #require(Self.answers[name]?["\(batch)"])
      let images = Tensor.images(graph.inputs[0].shape(batchSize: batch))
      session.overwriteWorkingMemory(with: .nan)
      let output = session.forward(images.unsafeView)
      withExtendedLifetime(images) {}
      #expect(output.shape == [batch, 10])
      #expect(
        relativeDifference(Array(output.elements), expected.flatMap { $0 })
          <= (isExact ? 5e-5 : 5e-4))
      for (row, answer) in expected.enumerated() {
        #expect(top5(output.elements[row * 10..<row * 10 + 10]) == top5(answer))
      }
    }
  }

  @Test(arguments: names) func answersTheSameAfterExport(_ name: String) throws {
    let graph = try graph(name)
    let images = Tensor.images(graph.inputs[0].shape(batchSize: 2))
    let expected = try NaiveExecutor.output(of: graph, images)
    for opset in [17, 21] {
      let bytes = try ONNXWriter.bytes(of: graph.exported(opset: opset))
      let again = try Graph(importing: ONNXReader.read(bytes: bytes), registry: .standard)
      #expect(try NaiveExecutor.output(of: again, images) == expected)
    }
  }
}
