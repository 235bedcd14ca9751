import GraftGraph
import GraftONNX
import GraftOperators
import GraftRuntime
import GraftTensor
import GraftTestSupport
import Testing

extension Session {
  func answers(_ images: Tensor) -> [Float] {
    defer { withExtendedLifetime(images) {} }
    return Array(forward(images.unsafeView).elements)
  }
}

/// Shared memory, fused operators and converted layouts must not show in any answer.
@Suite struct SessionTests {
  private static let exact = PlanOptions(isExact: true)
  private static let plain = PlanOptions(isExact: true, rewrites: false)

  @Test(arguments: UInt64(0)..<40) func sharesMemoryWithoutLosingAnything(_ seed: UInt64) throws {
    let graph = try randomNetwork(seed: seed)
    let images = Tensor.images([3, 4, 6, 6])
    let expected = try NaiveExecutor.output(of: graph, images).elements
    for mode in [Mode.inference, .training] {
      for options in [Self.exact, Self.plain] {
        let session = try Session(graph, batchSize: 3, mode: mode, options: options)
        session.overwriteWorkingMemory(with: .nan)
        #expect(relativeDifference(session.answers(images), expected) < 2e-5)
        session.overwriteWorkingMemory(with: .nan)
        #expect(
          relativeDifference(session.answers(images.prefix(1)), Array(expected.prefix(3))) < 2e-5)
      }
    }
  }

  @Test(arguments: UInt64(0)..<20) func frozenNetworksAnswerTheSameInTraining(
    _ seed: UInt64
  ) throws {
    let graph = try randomNetwork(seed: seed).settingTrainable { name, _ in name.hasPrefix("fc") }
    let images = Tensor.images([2, 4, 6, 6])
    let session = try Session(graph, batchSize: 2, mode: .training, options: Self.exact)
    session.overwriteWorkingMemory(with: .nan)
    #expect(
      relativeDifference(
        session.answers(images), try NaiveExecutor.output(of: graph, images).elements) < 2e-5)
  }

  @Test func fusesWhatAGradientPassesToo() throws {
    let graph = try ONNXModel.tinyClassifier().imported()
    let opTypes = { (mode: Mode, graph: Graph) in
      try Plan(graph, batchSize: 1, mode: mode).steps.map(\.node.opType)
    }
    #expect(
      try opTypes(.inference, graph)
        == ["Conv", "MaxPool", "GlobalAveragePool", "Flatten", "Gemm"])
    #expect(
      try opTypes(.training, graph.frozen())
        == ["Conv", "MaxPool", "GlobalAveragePool", "Flatten", "Gemm"])
    #expect(
      try opTypes(.training, graph)
        == [
          "Conv", "BatchNormalization", "MaxPool", "Relu", "GlobalAveragePool", "Flatten", "Gemm",
        ])
    let plain = try Plan(
      graph, batchSize: 1, mode: .inference, options: PlanOptions(rewrites: false))
    #expect(plain.steps.count == graph.nodes.count)
  }

  @Test func theRowsOfABatchDoNotDependOnTheOthers() throws {
    let graph = try ONNXModel.tinyClassifier().imported()
    let session = try Session(graph, batchSize: 7, mode: .inference)
    let images = Tensor.images([7, 3, 8, 8])
    let all = session.answers(images)
    for count in [1, 2, 5] {
      #expect(
        relativeDifference(session.answers(images.prefix(count)), Array(all.prefix(3 * count)))
          < 1e-6)
    }
  }

  @Test func takesEitherLayout() throws {
    let graph = try ONNXModel.tinyClassifier().imported()
    let session = try Session(graph, batchSize: 2, mode: .inference)
    let images = Tensor.images([2, 3, 8, 8])
    let turned = Tensor(
      images.shape, Layout.channelsLast.arranging(images.elements, images.shape))
    let expected = session.answers(images)
    let output = session.forward(
      TensorView(turned.shape, turned.unsafeView.base, layout: .channelsLast))
    #expect(Array(output.elements) == expected)
    withExtendedLifetime(turned) {}
  }

  /// Features before a convolutional head are kept as they lie, and read as channels last.
  @Test(arguments: [Mode.inference, .training]) func givesImagesBackChannelsLast(
    _ mode: Mode
  ) throws {
    var builder = ModelBuilder()
    builder.input("x", [-1, 3, 4, 4])
    builder.weights("w", [3, 3, 1, 1])
    builder.node("Conv", ["x", "w"], ["c"])
    builder.integers("planes", [0, 3, 16])
    builder.integers("images", [0, 3, 4, 4])
    builder.node("Reshape", ["c", "planes"], ["p"])
    builder.node("Reshape", ["p", "images"], ["y"])
    builder.output("y", [-1, 3, 4, 4])
    let graph = try builder.model.imported()
    let images = Tensor.images([2, 3, 4, 4])
    let session = try Session(graph, batchSize: 2, mode: mode, options: Self.exact)
    session.overwriteWorkingMemory(with: .nan)
    let output = session.forward(images.unsafeView)
    withExtendedLifetime(images) {}
    #expect(output.layout == .channelsLast)
    let expected = try NaiveExecutor.output(of: graph, images)
    #expect(
      relativeDifference(
        Layout.channelsLast.restoring(Array(output.elements), output.shape), expected.elements)
        < 1e-6)
    guard mode == .training else { return }
    session.zeroGradients()
    session.outputGradient.elements.update(repeating: 1)
    session.backward()
    // The gradient of w[k, c] is the sum of channel c.
    let sums = (0..<3).map { channel in
      (0..<2).reduce(Float(0)) { sum, image in
        sum
          + images.elements[(image * 3 + channel) * 16..<(image * 3 + channel + 1) * 16].reduce(
            0, +)
      }
    }
    #expect(
      relativeDifference(
        Array(session.trainableParameters[0].gradient.elements), sums + sums + sums)
        < 1e-5)
  }

  @Test func threadsDoNotChangeABit() throws {
    let graph = try randomNetwork(seed: 3, length: 30)
    let images = Tensor.images([3, 4, 6, 6])
    let runs = try [1, 2, 3].map { threads in
      try withThreads(threads) { () throws(CheckFailure) in
        do {
          return try Session(graph, batchSize: 3, mode: .inference).answers(images)
        } catch { throw CheckFailure("\(error)") }
      }
    }
    #expect(runs[0] == runs[1])
    #expect(runs[0] == runs[2])
  }

  @Test func refusesSeveralInputs() throws {
    var builder = ModelBuilder()
    builder.input("a", [-1, 4])
    builder.input("b", [-1, 4])
    builder.node("Add", ["a", "b"], ["c"])
    builder.output("c", [-1, 4])
    let graph = try Graph(importing: builder.model, registry: .standard)
    let error = #expect(throws: GraphError.self) {
      try Plan(graph, batchSize: 1, mode: .inference)
    }
    #expect(error?.message == "the network has 2 inputs ('a', 'b'); graft feeds one")
  }

  /// Such a value could not be cut to fewer images than planned.
  @Test func refusesValuesWithoutTheBatchInFront() throws {
    var builder = ModelBuilder()
    builder.input("x", [-1, 4])
    builder.node("Transpose", ["x"], ["turned"], ["perm": [1, 0]])
    builder.node("Transpose", ["turned"], ["y"], ["perm": [1, 0]])
    builder.output("y", [-1, 4])
    let graph = try Graph(importing: builder.model, registry: .standard)
    let error = #expect(throws: GraphError.self) {
      try Plan(graph, batchSize: 2, mode: .inference)
    }
    #expect(
      error?.message
        == "node 'turned' (Transpose): its output 'turned' has shape [4, 2] for 2 images and "
        + "[4, 1] for 1; graft needs the images along the first dimension")
  }

  /// Training writes to memory of its own: neither the given graph nor a snapshot sees it.
  @Test func keepsSnapshotsApartFromTraining() throws {
    let graph = try ONNXModel.tinyClassifier().imported()
    let before = graph.parameters.mapValues(\.tensor.elements)
    let session = try Session(graph, batchSize: 1, mode: .training)
    let snapshot = session.graph
    for parameter in session.trainableParameters { parameter.value.base[0] += 1 }
    #expect(graph.parameters.mapValues(\.tensor.elements) == before)
    #expect(snapshot.parameters.mapValues(\.tensor.elements) == before)
    #expect(session.graph.parameters["fc.bias"]?.tensor.elements[0] == before["fc.bias"]![0] + 1)
  }

  /// Only the first output is computed: the loss gives no gradient for the others.
  @Test func leavesFurtherOutputsOut() throws {
    var builder = ModelBuilder()
    builder.input("x", [-1, 4])
    builder.node("Relu", ["x"], ["a"])
    builder.node("Tanh", ["a"], ["b"])
    builder.output("a", [-1, 4])
    builder.output("b", [-1, 4])
    let graph = try Graph(importing: builder.model, registry: .standard)
    #expect(try Plan(graph, batchSize: 1, mode: .training).steps.map(\.node.opType) == ["Relu"])
  }
}

extension ONNXModel {
  func imported() throws(GraphError) -> Graph { try Graph(importing: self, registry: .standard) }
}
