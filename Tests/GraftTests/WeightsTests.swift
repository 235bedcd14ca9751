import Foundation
import Graft
import GraftOperators
import GraftTestSupport
import Testing

/// Weights of a safetensors file on a network by name.
@Suite struct WeightsTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private var path: FilePath { folder.path.appending("w.safetensors") }

  /// The network's parameters as a file, changed before it is written.
  private func write(
    _ graph: Graph, _ change: (inout [String: Tensor]) -> Void = { _ in },
    adding more: (inout SafetensorsBytes) -> Void = { _ in }
  ) throws {
    var tensors = graph.parameters.mapValues(\.tensor)
    change(&tensors)
    var file = SafetensorsBytes()
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) { file.append(name, tensor) }
    more(&file)
    try Data(file.bytes).write(to: URL(fileURLWithPath: path.string))
  }

  private func small(classes: Int = 10) throws -> Graph {
    try Networks.named("resnet20", classes: classes, seed: 3)
  }

  private func refusal(_ network: String = "resnet20") -> GraftError? {
    do throws(GraftError) {
      _ = try Model(network: network, weights: path)
      return nil
    } catch {
      return error
    }
  }

  @Test func takesTheWeights() throws {
    let graph = try small()
    try write(graph, adding: { $0.appendCounter("bn1") })
    let model = try Model(network: "resnet20", weights: path)
    #expect(model.name == "resnet20")
    #expect(model.graph.parameters.mapValues(\.tensor) == graph.parameters.mapValues(\.tensor))
    #expect(model.graph.parameters.mapValues(\.role) == graph.parameters.mapValues(\.role))
    #expect(model.preprocessingOrigin == .network(name: "resnet20"))
    #expect(model.preprocessing.mean == Preprocessing.imageNet.mean)
    #expect(model.labels == nil)
    #expect(model.notes.isEmpty)
  }

  @Test func takesTheClassesOfTheFile() throws {
    try write(small(classes: 4))
    let model = try Model(network: "resnet20", weights: path)
    #expect(model.classCount == 4)
  }

  @Test func widensHalves() throws {
    let graph = try small()
    let weights = try #require(graph.parameters["conv1.weight"]?.tensor)
    let halves = weights.elements.map { UInt16(truncatingIfNeeded: $0.bitPattern >> 16) }
    try write(graph) {
      $0["conv1.weight"] = nil
    } adding: { file in
      file.append(
        "conv1.weight", type: "BF16", weights.shape.dimensions,
        halves.withUnsafeBytes { Array($0) })
    }
    let read = try Model(network: "resnet20", weights: path).graph.parameters["conv1.weight"]
    #expect(
      read?.tensor.elements == halves.map { Float(bitPattern: UInt32($0) << 16) })
  }

  @Test func namesAThousandClasses() throws {
    try write(Networks.named("squeezenet1_1", seed: 3))
    let model = try Model(network: "squeezenet1_1", weights: path)
    #expect(model.labels?.count == 1000)
    #expect(model.labels?.first == "tench")
    #expect((model.preprocessing.resize, model.preprocessing.crop) == (256, 224))
  }

  /// torchvision's own weights bring their pixels to -1 … 1, and have two heads more.
  @Test func leavesOutWhatOnlyHelpsTraining() throws {
    try write(
      Networks.named("googlenet", classes: 1000, seed: 3),
      adding: {
        $0.append("aux1.fc1.weight", Tensor([1], [1]))
        $0.append("aux2.conv.conv.weight", Tensor([1], [1]))
      })
    let model = try Model(network: "googlenet", weights: path)
    #expect(model.preprocessing.mean == [0.5, 0.5, 0.5])
    #expect(model.preprocessing.std == [0.5, 0.5, 0.5])
    #expect(model.notes.count == 2)
    #expect(model.notes.last == "left out aux1 and aux2, which only help training")
    #expect(model.notes.first?.contains("transform_input=True") == true)
    let given = ModelOptions(preprocessing: .imageNet)
    let other = try Model(network: "googlenet", weights: path, options: given)
    #expect(other.preprocessing.mean == Preprocessing.imageNet.mean)
    #expect(other.preprocessingOrigin == .given)
    #expect(other.notes == ["left out aux1 and aux2, which only help training"])
  }
}

// MARK: - Refusals

extension WeightsTests {
  @Test func namesWhatIsMissingOrLeftOver() throws {
    let graph = try small()
    try write(graph) { $0["bn1.bias"] = nil }
    #expect(
      refusal()?.message == "\(path) lacks 1 parameter (bn1.bias) of resnet20")
    try write(graph) {
      for name in ["bn1.bias", "bn1.weight", "conv1.weight", "fc.bias"] { $0[name] = nil }
      $0["x"] = Tensor([1], [1])
    }
    #expect(
      refusal()?.message
        == "\(path) lacks 4 parameters (bn1.bias, bn1.weight, conv1.weight, …) of resnet20, and has "
        + "1 tensor (x) not of that network")
    try write(graph) { $0["x"] = Tensor([1], [1]) }
    #expect(refusal()?.message == "\(path) has 1 tensor (x) not of resnet20")
    #expect(refusal()?.hints == [])
  }

  @Test func knowsWhoseWeightsTheyAre() throws {
    try write(Networks.named("squeezenet1-1", classes: 5, seed: 3))
    let error = refusal("squeezenet1-0")
    #expect(
      error?.hints == [
        "These are the weights of squeezenet1-1: graft convert squeezenet1-1 FILE -o model.onnx"
      ])
    #expect(error?.kind == .badData)
  }

  @Test func refusesOtherShapesAndTypes() throws {
    let graph = try small()
    try write(graph) { $0["conv1.weight"] = Tensor([16, 3, 5, 5]) }
    #expect(
      refusal()?.message
        == "\(path): tensor 'conv1.weight' has shape [16, 3, 5, 5]; resnet20 has [16, 3, 3, 3] there"
    )
    try write(graph) { $0["fc.bias"] = Tensor([4]) }
    #expect(
      refusal()?.message
        == "\(path): tensor 'fc.bias' has shape [4]; resnet20 has [10] there")
    try write(graph) {
      $0["fc.bias"] = nil
    } adding: {
      $0.append("fc.bias", type: "U8", [10], [UInt8](repeating: 0, count: 10))
    }
    #expect(refusal()?.message == "\(path): tensor 'fc.bias' holds uint8; weights are floats")
  }

  @Test func refusesWeightsThatAreNoNumbers() throws {
    try write(small()) { $0["fc.bias"] = Tensor([10], repeating: .nan) }
    #expect(
      refusal()?.message
        == "\(path): tensor 'fc.bias' has 10 weights that are NaN or infinite; the file is damaged or "
        + "its training diverged (--allow-nonfinite reads it all the same)")
    let options = ModelOptions(allowsNonFinite: true)
    #expect(try Model(network: "resnet20", weights: path, options: options).classCount == 10)
  }

  @Test func refusesNetworksThatItDoesNotKnow() {
    let error = refusal("resnet51")
    #expect(error?.kind == .usage)
    #expect(error?.message == "no network is called 'resnet51'")
    #expect(error?.hints.first?.hasPrefix("known: lenet5, alexnet, ") == true)
    #expect(refusal()?.kind == .missing)
    #expect(refusal()?.message == "\(path): no such file.")
  }
}
