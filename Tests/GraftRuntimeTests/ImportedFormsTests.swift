import Foundation
import GraftGraph
import GraftONNX
import GraftOperators
import GraftRuntime
import GraftTensor
import GraftTestSupport
import SystemPackage
import Testing

/// Networks in the forms of other exporters and decades against the answers of ONNX Runtime:
/// `Tests/Fixtures/importers/make_importers.py` and `make_keras.py`.
@Suite struct ImportedFormsTests {
  private struct Recorded: Decodable {
    /// Of the network in floats, or in today's form.
    let answers: [[Float]]
    /// Of the file itself, where it computes with integers.
    let integers: [[Float]]?
  }

  private static let recorded: [String: Recorded] = {
    guard let data = try? Fixtures.data("importers/answers.json"),
      let recorded = try? JSONDecoder().decode([String: Recorded].self, from: data)
    else { return [:] }
    return recorded
  }()

  static let narrow = ["bfloat-residual", "half-mobile", "half-residual", "half-squeeze"]
  static let keras = [
    "keras-depthwise-nchw-opset17", "keras-depthwise-opset13", "keras-flatten-opset11",
    "keras-last-opset17", "keras-rescaled-opset15",
  ]
  static let old = [
    "old-mobile-opset8", "old-residual-opset3", "old-residual-opset8", "old-various-opset12",
    "old-various-opset3", "old-various-opset6", "old-various-opset7", "old-various-opset8",
    "old-various-opset9",
  ]
  /// Quantised networks with what their reading says of them.
  static let quantized = [
    "int8-mobile-qdq": (tensors: 14, roundings: 16, activations: 3),
    "int8-residual-qdq": (tensors: 12, roundings: 12, activations: 4),
    "int8-residual-qlinear": (tensors: 12, roundings: 10, activations: 4),
    "int8-squeeze-qlinear": (tensors: 16, roundings: 13, activations: 8),
    "int8-vgg-qdq": (tensors: 10, roundings: 9, activations: 4),
  ]

  private let images = Tensor.images([2, 3, 16, 16])

  private func graph(_ name: String) throws -> Graph {
    let model = try ONNXReader.read(
      FilePath(Fixtures.url("importers/\(name).onnx").path(percentEncoded: false)))
    return try Graph(importing: model, registry: .standard)
  }

  private func answers(_ graph: Graph) throws -> [Float] {
    let session = try Session(
      graph, batchSize: 2, mode: .inference, options: PlanOptions(isExact: true))
    session.overwriteWorkingMemory(with: .nan)
    return session.answers(images)
  }

  @Test func everyFileIsTested() {
    #expect(
      Self.recorded.keys.sorted()
        == (Self.narrow + Self.keras + Self.old + Self.quantized.keys)
        .sorted())
  }

  @Test(arguments: narrow + keras + old) func answersAsONNXRuntimeDoes(_ name: String) throws {
    let expected = try #require(Self.recorded[name]).answers.flatMap { $0 }
    #expect(try relativeDifference(answers(graph(name)), expected) <= 1e-5)
  }

  /// Eight bits are some two decimals; graft leaves the rounding out, so it is nearer to the float
  /// network, whose weights were rounded all the same.
  @Test(arguments: quantized.keys.sorted())
  func answersAlmostAsTheIntegersDo(_ name: String) throws {
    let recorded = try #require(Self.recorded[name])
    let found = try answers(graph(name))
    let floats = recorded.answers.flatMap { $0 }
    let integers = try #require(recorded.integers).flatMap { $0 }
    #expect(relativeDifference(found, integers) <= 5e-3)
    #expect(relativeDifference(found, floats) <= 6e-3)
    for (row, answer) in recorded.answers.enumerated() {
      let scores = found[row * 10..<row * 10 + 10]
      #expect(
        scores.firstIndex(of: scores.max() ?? 0) == answer.firstIndex(of: answer.max() ?? 0)! + row
          * 10)
    }
  }

  @Test(arguments: quantized.keys.sorted()) func saysThatItIsQuantized(_ name: String) throws {
    let counts = try #require(Self.quantized[name])
    let graph = try graph(name)
    #expect(
      graph.notes == [
        "the file is quantised: \(counts.tensors) tensors of integers became floats, which can learn, "
          + "\(counts.roundings) roundings of activations left out, \(counts.activations) Relus put "
          + "back that the ranges stood for; answers differ a little from those of the integers"
      ])
    #expect(graph.nodes.allSatisfy { !$0.opType.contains("Quantize") && !$0.opType.contains("QL") })
  }

  @Test(arguments: keras) func movesNothingForChannelsLast(_ name: String) throws {
    let graph = try graph(name)
    #expect(graph.inputs == [GraphInput(name: "input", imageShape: [3, 16, 16])])
    let isDissolved = !name.contains("nchw")
    #expect(
      graph.notes
        == (isDissolved
          ? [
            "the file takes photos as [N, height, width, channels] at 'input'; graft reads, and writes, "
              + "the network for [N, channels, height, width]"
          ] : []))
    for mode in [Mode.inference, .training] {
      let plan = try Plan(graph, batchSize: 2, mode: mode)
      #expect(plan.steps.allSatisfy { $0.node.opType != "Transpose" })
      // What a 4-D value becomes on the way to a layer of neurons lies where it lay.
      #expect(plan.steps.allSatisfy { $0.node.opType != "LayoutConversion" })
    }
  }

  @Test(arguments: narrow + keras + old + quantized.keys.sorted())
  func answersTheSameAfterExport(_ name: String) throws {
    let graph = try graph(name)
    let expected = try NaiveExecutor.output(of: graph, images)
    let bytes = try ONNXWriter.bytes(of: graph.exported(opset: 17))
    let again = try Graph(importing: ONNXReader.read(bytes: bytes), registry: .standard)
    #expect(again.notes.isEmpty)
    #expect(try NaiveExecutor.output(of: again, images) == expected)
  }

  /// Every weight of a network that was read from another form has a gradient, and that gradient is
  /// the slope of the answers.
  @Test(arguments: narrow + keras + old + quantized.keys.sorted())
  func learns(_ name: String) throws {
    var graph = try graph(name).givingNodesOwnParameters()
    for index in graph.nodes.indices where graph.nodes[index].opType == "Dropout" {
      graph.nodes[index].operator = Identity()  // which drops nothing while it learns
    }
    let session = try Session(
      graph, batchSize: 2, mode: .training, options: PlanOptions(isExact: true))
    session.overwriteWorkingMemory(with: .nan)
    var generator = SeededGenerator(3)
    let direction = session.answers(images).map { _ in generator.normal() }
    for (index, value) in direction.enumerated() { session.outputGradient.base[index] = value }
    session.zeroGradients()
    session.backward()
    let parameters = session.trainableParameters
    let learned = graph.parameters.filter { $0.value.role != .buffer }
    #expect(parameters.map(\.name) == learned.keys.sorted())
    for parameter in parameters {
      let norm = parameter.gradient.elements.reduce(0) { $0 + $1 * $1 }
      #expect(norm > 0 && norm.isFinite, "\(parameter.name)")
    }
    try checkSlope(graph, along: direction, session)
  }

  /// The change of `direction · answers` for a small step along all gradients against their square.
  private func checkSlope(_ graph: Graph, along direction: [Float], _ session: Session) throws {
    var square = 0.0
    for parameter in session.trainableParameters {
      square += parameter.gradient.elements.reduce(0) { $0 + Double($1) * Double($1) }
    }
    func moved(_ step: Double) throws -> Double {
      var graph = graph
      for parameter in session.trainableParameters {
        let old = graph.parameters[parameter.name]!.tensor
        let new = zip(old.elements, parameter.gradient.elements)
          .map { Float(Double($0) + step * Double($1)) }
        graph.parameters[parameter.name]?.tensor = Tensor(old.shape, new)
      }
      return zip(try answers(graph), direction).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    // A step that changes the answers by some 1e-3: floats keep seven digits, and few Relu switch.
    let step = 1e-3 / square
    let slope = try (moved(step) - moved(-step)) / (2 * step)
    #expect(abs(slope / square - 1) < 0.05, "\(slope) and \(square)")
  }
}
