import Foundation
import Graft
import GraftOperators
import GraftTestSupport
import Testing

private let data = ProcessInfo.processInfo.environment["GRAFT_DATA"].map { FilePath($0) }

/// The nine architectures of the ONNX zoo that the package `onnx` carries, in `$GRAFT_DATA/light`:
/// opset 9, IR 3, every weight a ConstantOfShape of 0.02.
@Suite(.serialized, .enabled(if: data != nil, "GRAFT_DATA is not set"))
struct LightModelTests {
  static let names = [
    "bvlc_alexnet", "densenet121", "inception_v1", "inception_v2", "resnet50", "shufflenet",
    "squeezenet", "vgg19", "zfnet512",
  ]

  private func file(_ name: String) throws -> FilePath {
    try #require(data).appending("light/light_\(name).onnx")
  }

  private func graph(_ name: String) throws -> Graph {
    try Graph(importing: ONNXReader.read(file(name)), registry: .standard)
  }

  /// The input of onnx's own backend test: element i of n is i/n.
  @Test(arguments: names) func givesTheExpectedOutput(_ name: String) throws {
    let count = 3 * 224 * 224
    let input = Tensor([1, 3, 224, 224], (0..<count).map { Float(Double($0) / Double(count)) })
    let output = try Graft.run(file(name), on: input).elements
    let expected = try floats(
      ofTensorIn: #require(data).appending("light/light_\(name)_output_0.pb"))
    // DenseNet's 121 layers of equal weights: the Double sums of another engine end elsewhere.
    #expect(output.count == 1000)
    #expect(relativeDifference(output, expected) < 1e-5)
  }

  /// The last 4000 bytes of a TensorProto with `raw_data` or `float_data` behind its dimensions, or
  /// followed by its name.
  private func floats(ofTensorIn path: FilePath) throws -> [Float] {
    let bytes = try [UInt8](Data(contentsOf: URL(filePath: path.string)))
    // Field 4 (float_data) or 9 (raw_data), packed, of 4000 bytes.
    let start =
      try #require(
        bytes.indices.first { index in
          [0x22, 0x4A].contains(bytes[index])
            && bytes[index...].dropFirst().starts(with: [0xA0, 0x1F])
            && index + 3 + 4000 <= bytes.count
        }) + 3
    return bytes[start..<start + 4000].withUnsafeBytes { raw in
      (0..<1000).map { raw.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
    }
  }

  /// With equal weights every unit of a layer would learn the same, and a Relu behind the scores
  /// nothing at all; drawn weights show each gradient.
  private func randomised(_ graph: Graph) -> Graph {
    var graph = graph.givingNodesOwnParameters()
    var generator = SeededGenerator(11)
    for node in graph.nodes {
      for (place, name) in node.inputs.enumerated() {
        guard let old = graph.parameters[name] else { continue }
        let shape = old.tensor.shape
        let fanIn = Float(shape.elementCount / max(shape.dimensions.first ?? 1, 1))
        let isVariance = node.opType == "BatchNormalization" && place == 4
        let values = (0..<shape.elementCount).map { _ -> Float in
          switch old.role {
          case .weight: generator.normal() * (2 / fanIn).squareRoot()
          case .bias: generator.normal() * 0.1
          case .scale: 0.75 + 0.5 * generator.uniform()
          case .buffer: isVariance ? 0.75 + 0.5 * generator.uniform() : generator.normal() * 0.1
          }
        }
        if old.role != .buffer || node.opType == "BatchNormalization" {
          graph.parameters[name]?.tensor = Tensor(shape, values)
        }
      }
    }
    return graph
  }

  /// Parameters that one step of descent along random gradients of the scores changes.
  private func changedByAStep(_ graph: Graph) throws -> Set<String> {
    let session = try Session(graph, batchSize: 2, mode: .training)
    var generator = SeededGenerator(12)
    let images = Tensor([2, 3, 224, 224], (0..<2 * 3 * 224 * 224).map { _ in generator.normal() })
    _ = images.withUnsafeElements { _ in session.forward(images.unsafeView) }
    for index in 0..<session.outputGradient.count {
      session.outputGradient.base[index] = generator.normal() / 1000
    }
    session.zeroGradients()
    session.backward()
    let optimizer = Adam()
    for parameter in session.trainableParameters {
      var state = optimizer.makeState(for: parameter.value.shape)
      optimizer.update(
        parameter.value, gradient: parameter.gradient.readOnly, role: parameter.role,
        state: &state, rate: 0.01)
    }
    session.parametersChanged()
    let after = session.graph
    #expect(after.parameters.values.allSatisfy { $0.tensor.elements.allSatisfy(\.isFinite) })
    return Set(
      graph.parameters.filter { $0.value.tensor != after.parameters[$0.key]?.tensor }.keys)
  }

  @Test(arguments: names) func aStepChangesWhatIsNotFrozen(_ name: String) throws {
    let graph = randomised(try graph(name).keepingFirstOutput().endingInLogits())
    let layers = try graph.layers()
    let middle = layers[layers.count / 2].nodes.lowerBound - 1
    for (frozen, part) in [
      (graph.unfrozen(), 0), (try graph.unfrozen().freezing(through: graph.nodes[middle].name), 1),
    ] {
      let open = Set(frozen.parameters.filter { $0.value.isTrainable }.keys)
      let learned = frozen.parameters.filter { $0.value.role != .buffer }.count
      #expect(part == 0 ? open.count == learned : !open.isEmpty && open.count < learned)
      #expect(try changedByAStep(frozen) == open)
    }
  }
}
