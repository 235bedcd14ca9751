import Foundation
import Graft
import GraftONNX
import GraftTestSupport
import Testing

/// Heads of several kinds, grafted where the network ends or further up.
@Suite struct HeadTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Two convolutions of 6 and 8 channels, a map of 3x3, and a layer on all of its pixels.
  private func network() throws -> Model {
    var builder = ModelBuilder("two")
    builder.input("image", [-1, 3, 12, 12])
    builder.weights("one.w", [6, 3, 3, 3])
    builder.node("Conv", ["image", "one.w"], ["one"], ["pads": [1, 1, 1, 1], "strides": [2, 2]])
    builder.node("Relu", ["one"], ["one.relu"])
    builder.weights("two.w", [8, 6, 3, 3])
    builder.node(
      "Conv", ["one.relu", "two.w"], ["two"], ["pads": [1, 1, 1, 1], "strides": [2, 2]])
    builder.node("Relu", ["two"], ["two.relu"])
    builder.node("Flatten", ["two.relu"], ["flat"])
    builder.weights("fc", [5, 72])
    builder.node("Gemm", ["flat", "fc"], ["y"], ["transB": 1])
    builder.output("y", [-1, 5])
    return try Model(builder.model, name: "two")
  }

  // MARK: - Words

  @Test(
    arguments: [
      ("linear", .linear), ("cosine", .cosine), ("mlp:512", .mlp([512])),
      ("mlp:512,128", .mlp([512, 128])),
    ] as [(String, Head)])
  func readsWhatItWrites(_ text: String, _ head: Head) throws {
    #expect(try Head(text) == head)
    #expect(head.description == text)
    let json = try JSONEncoder().encode([head])
    #expect(String(decoding: json, as: UTF8.self) == "[\"\(text)\"]")
    #expect(try JSONDecoder().decode([Head].self, from: json) == [head])
  }

  @Test(
    arguments: [
      "", "mlp", "mlp:", "mlp:0", "mlp:-3", "mlp:5,", "mlp:a", "mlp:70000", "Linear", "linear:5",
      "mlp:1,1,1,1,1,1,1,1,1",
    ])
  func refusesOtherWords(_ text: String) {
    let error = #expect(throws: GraftError.self) { try Head(text) }
    #expect(
      error?.message
        == "'\(text)' is no head; expected linear, cosine, mlp:512, or mlp:512,128")
    #expect(error?.kind == .usage)
  }

  // MARK: - Shapes

  @Test(
    arguments: [
      (nil, "two.relu", "GlobalAveragePool Flatten Gemm", [8]),
      (.linear, "one", "GlobalAveragePool Flatten Gemm", [6]),
      (.mlp([7, 5]), nil, "Gemm Relu Gemm Relu Gemm", [72]),
      (.mlp([7]), "one.relu", "GlobalAveragePool Flatten Gemm Relu Gemm", [6]),
      (.cosine, "flat", "LpNormalization LpNormalization Gemm Mul", [72]),
    ] as [(Head?, String?, String, Shape)])
  func graftsBehindAnyPlace(
    _ head: Head?, _ cut: String?, _ operators: String, _ features: Shape
  ) throws {
    let base = try network()
    let model = try base.replacingHead(classes: ["a", "b", "c"], head: head, cut: cut)
    let added = model.graph.nodes.filter { $0.name.hasPrefix("head.") }
    #expect(added.map(\.opType).joined(separator: " ") == operators)
    #expect(model.classCount == 3)
    #expect(model.isHeadWhole)
    let kept = model.graph.nodes.filter { !$0.name.hasPrefix("head.") }.map(\.name)
    #expect(kept == base.graph.nodes.map(\.name).prefix(kept.count).map { $0 })
    let value = try model.headFeatures()
    #expect(try model.graph.shapes(batchSize: 1)[value]?.dimensions == [1] + features.dimensions)
    // All of the head is one layer, the last, from the features on.
    let layers = try model.layersWithHead()
    #expect(layers.last?.input == value)
    #expect(layers.last?.nodes.upperBound == model.graph.nodes.count)
    #expect(layers.last?.inputShape == features)
    for (layer, next) in zip(layers, layers.dropFirst()) {
      #expect(layer.nodes.upperBound == next.nodes.lowerBound)
    }
  }

  /// Keras's networks have places where maps lie channels last: their features are the channels.
  @Test func averagesMapsThatLieChannelsLast() throws {
    var builder = ModelBuilder("last")
    builder.input("image", [-1, 3, 8, 8])
    builder.weights("w", [16, 3, 3, 3])
    builder.node("Conv", ["image", "w"], ["conv"], ["pads": [1, 1, 1, 1]])
    builder.node("Transpose", ["conv"], ["last"], ["perm": [0, 2, 3, 1]])
    builder.node("Relu", ["last"], ["relu"])
    builder.node("ReduceMean", ["relu"], ["mean"], ["axes": [1, 2], "keepdims": 0])
    builder.weights("fc", [5, 16])
    builder.node("Gemm", ["mean", "fc"], ["y"], ["transB": 1])
    builder.output("y", [-1, 5])
    let base = try Model(builder.model, name: "last")
    let cut = try base.graph.cut(behind: "relu")
    #expect(cut.shape == [8, 8, 16])
    #expect(cut.featureCount == 16)
    #expect(try base.graph.cut(behind: "mean").featureCount == 16)
    let model = try base.replacingHead(classes: ["a", "b"], cut: "relu")
    #expect(model.graph.parameters["head.fc.weight"]?.tensor.shape == [2, 16])
    // The same features as the network's own average.
    let image = Tensor.images([1, 3, 8, 8])
    var (own, pooled) = (base.graph, model.graph)
    own.outputs = ["mean"]
    pooled.outputs = [try model.headFeatures()]
    #expect(
      relativeDifference(try output(of: pooled, image), try output(of: own, image)) < 1e-6)
  }

  @Test func leavesANetworkItsOwnLastLayer() throws {
    let base = try network()
    let (usual, linear) = (
      try base.replacingHead(classes: ["a", "b"]),
      try base.replacingHead(classes: ["a", "b"], head: .linear)
    )
    #expect(usual.graph.parameters["fc"]?.tensor == linear.graph.parameters["fc"]?.tensor)
    #expect(!linear.isHeadWhole)
    #expect(linear.head == nil)
  }

  /// A head on a head that graft made: names must not collide.
  @Test func graftsOnceMore() throws {
    let first = try network().replacingHead(classes: ["a", "b"], head: .mlp([7]))
    let second = try first.replacingHead(classes: ["c", "d", "e"], head: .cosine)
    #expect(second.graph.nodes.map(\.name).contains("head.relu1"))
    #expect(second.graph.nodes.last?.name == "head2.logits")
    let other = try first.replacingHead(classes: ["c", "d", "e"])
    #expect(other.classCount == 3)
    #expect(other.head == .mlp([7]))
  }

  @Test func refusesPlacesWithoutFeatures() throws {
    let base = try network()
    let error = #expect(throws: GraftError.self) {
      try base.replacingHead(classes: ["a", "b"], cut: "nowhere")
    }
    #expect(error?.message == "the network has no node 'nowhere' to cut behind")
    // Cosines end at 1, and have no place from which numbers could be reached.
    #expect(
      throws: GraftError(
        "a cosine head tells classes apart; numbers need linear or mlp:512", kind: .usage)
    ) { try base.replacingHead(classes: ["grams"], head: .cosine, task: .regression) }
  }

  // MARK: - Numbers

  /// Naive sums in Double of what the heads are said to compute.
  @Test(arguments: [.linear, .mlp([5]), .cosine] as [Head])
  func computesItsFormula(_ head: Head) throws {
    let model = try network().replacingHead(classes: ["a", "b", "c"], head: head, cut: "one.relu")
    let weights = model.graph.parameters.mapValues { $0.tensor.elements.map(Double.init) }
    let image = Tensor.images([1, 3, 12, 12])
    var backbone = model.graph
    backbone.outputs = [try model.headFeatures()]
    let x = try output(of: backbone, image).map(Double.init)
    func product(_ x: [Double], _ name: String) -> [Double] {
      let w = weights[name + ".weight"]!
      return weights[name + ".bias"]!.enumerated().map { row, bias in
        x.indices.reduce(bias) { $0 + x[$1] * w[row * x.count + $1] }
      }
    }
    let expected: [Double]
    switch head {
    case .linear: expected = product(x, "head.fc")
    case .mlp: expected = product(product(x, "head.fc1").map { max($0, 0) }, "head.fc")
    case .cosine:
      let w = weights["head.weight"]!
      let length = { (v: [Double]) in v.reduce(0) { $0 + $1 * $1 }.squareRoot() }
      expected = (0..<3).map { row in
        let own = Array(w[row * x.count..<(row + 1) * x.count])
        return 16 * zip(x, own).reduce(0) { $0 + $1.0 * $1.1 } / length(x) / length(own)
      }
    }
    #expect(relativeDifference(try output(of: model.graph, image), expected.map(Float.init)) < 1e-5)
  }

  private func output(of graph: Graph, _ image: Tensor) throws -> [Float] {
    let session = try Session(graph, batchSize: 1, mode: .inference)
    return withExtendedLifetime(image) { Array(session.forward(image.unsafeView).elements) }
  }

  // MARK: - Training, writing

  @Test(
    arguments: [
      (.mlp([9]), nil), (.cosine, nil), (.linear, "two.relu"), (.mlp([9, 4]), "one.relu"),
      (.cosine, "two.relu"),
    ] as [(Head, String?)])
  func trainsAndTravels(_ head: Head, _ cut: String?) throws {
    let photos = try ImageFolder(folder.photos()).split()
    let model = try network().replacingHead(classes: photos.labels, head: head, cut: cut)
    let options = FineTuningOptions(
      depth: .all, training: TrainingOptions(epochs: 3, batchSize: 8),
      deepTraining: TrainingOptions(epochs: 1, batchSize: 8, learningRate: 1e-3),
      caching: .directory(folder.path.appending("cache")))
    var head1 = options
    head1.depth = .head
    let trained = try model.fineTune(on: photos, options: head1).best
    let changed = trained.graph.parameters.filter {
      $0.value.tensor != model.graph.parameters[$0.key]?.tensor
    }
    let own = Set(model.graph.parameters.keys.filter { $0.hasPrefix("head.") })
    #expect(Set(changed.keys) == own)

    let run = try model.fineTune(on: photos, options: options)
    #expect(run.report.phases?.map(\.name) == ["head", "all"])
    #expect(run.best.card?.head == head)
    let file = folder.path.appending("head.onnx")
    let check = try run.best.write(to: file, comparingOn: photos.samples.prefix(4).map(\.path))
    #expect(check.largestDifference < 1e-5)
    let read = try Model(contentsOf: file)
    #expect(read.head == head)
    // What is computed from weights alone is a weight in the file.
    #expect(read.graph.nodes.count { $0.opType == "LpNormalization" } == (head == .cosine ? 1 : 0))
    #expect(try read.headFeatures() == run.best.headFeatures())
    // What lies below is cut off at the same place, so that features are kept for both.
    let backbones = try [read, run.best].map { model in
      try model.graph.split(at: model.headFeatures()).backbone
    }
    #expect(backbones[0].nodes.map(\.opType) == backbones[1].nodes.map(\.opType))
  }

  // MARK: - Other sizes

  @Test func takesPhotosOfAnotherSize() throws {
    let averaged = try network().replacingHead(classes: ["a", "b"], cut: "two.relu")
    let larger = try averaged.resized(toSide: 20)
    #expect(larger.graph.inputs[0].imageShape == [3, 20, 20])
    #expect(larger.preprocessing.crop == 20)
    let error = #expect(throws: GraftError.self) { try network().resized(toSide: 20) }
    #expect(
      error?.message
        == "two: the network does not run on 20x20 photos: node 'y' (Gemm): A [2, 200] has 200 "
        + "columns; B [5, 72] transposed has 72 rows")
    #expect(error?.hints == ["Cut it further from its end: --cut, see 'graft inspect --cuts'."])
  }
}
