import GraftGraph
import GraftONNX
import GraftOperators
import GraftRuntime
import GraftTensor
import GraftTestSupport
import Testing

/// Normalisation by the statistics of the batch while training, by the running ones otherwise.
@Suite struct BatchStatisticsTests {
  private let plain: Graph
  private let images = Tensor.images([5, 3, 8, 8])

  init() throws { plain = try ONNXModel.tinyClassifier().imported() }

  private func session(_ graph: Graph) throws -> Session {
    let session = try Session(
      graph, batchSize: 5, mode: .training, options: PlanOptions(isExact: true))
    session.overwriteWorkingMemory(with: .nan)
    return session
  }

  /// Mean and variance of each channel of the value that is normalised.
  private func moments(_ images: Tensor) throws -> [(mean: Double, variance: Double)] {
    let x = try #require(try NaiveExecutor.values(of: plain, images)["conv"])
    let area = x.shape[2] * x.shape[3]
    return (0..<x.shape[1]).map { channel in
      let values = (0..<x.shape[0]).flatMap { image -> [Double] in
        let first = (image * x.shape[1] + channel) * area
        return x.elements[first..<first + area].map(Double.init)
      }
      let mean = values.reduce(0, +) / Double(values.count)
      return (
        mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
      )
    }
  }

  /// The network whose running statistics are those of these images: in inference it answers what
  /// it answers in training.
  private func withStatistics(of images: Tensor) throws -> Graph {
    var graph = plain
    let moments = try moments(images)
    graph.parameters["bn.mean"]?.tensor = Tensor([moments.count], moments.map { Float($0.mean) })
    graph.parameters["bn.variance"]?.tensor = Tensor(
      [moments.count], moments.map { Float($0.variance) })
    return graph
  }

  @Test func normalisesByTheBatchWhileTraining() throws {
    let session = try session(plain.usingBatchStatistics(true))
    let expected = try NaiveExecutor.output(of: withStatistics(of: images), images).elements
    #expect(relativeDifference(session.answers(images), expected) < 1e-5)
  }

  @Test func bringsTheRunningStatisticsUpToDate() throws {
    let session = try session(plain.usingBatchStatistics(true))
    #expect(session.buffers.map(\.name) == ["bn.mean", "bn.variance"])
    let moments = try moments(images)
    var mean = plain.parameters["bn.mean"]!.tensor.elements.map(Double.init)
    var variance = plain.parameters["bn.variance"]!.tensor.elements.map(Double.init)
    for _ in 0..<3 {
      _ = session.answers(images)
      for c in mean.indices {
        mean[c] = 0.9 * mean[c] + 0.1 * moments[c].mean
        variance[c] = 0.9 * variance[c] + 0.1 * moments[c].variance
      }
      for ((name, buffer), expected) in zip(session.buffers, [mean, variance]) {
        #expect(
          relativeDifference(Array(buffer.elements), expected.map { Float($0) }) < 1e-5, "\(name)")
        #expect(session.graph.parameters[name]?.tensor.elements == Array(buffer.elements))
      }
    }
    #expect(
      plain.parameters["bn.mean"]!.tensor
        == (try ONNXModel.tinyClassifier().imported())
        .parameters["bn.mean"]!.tensor)
  }

  @Test func answersInInferenceModeWithRunningStatistics() throws {
    let session = try session(plain.usingBatchStatistics(true))
    let expected = try NaiveExecutor.output(of: plain, images).elements
    let output = Array(session.forward(images.unsafeView, mode: .inference).elements)
    #expect(relativeDifference(output, expected) < 1e-5)
    #expect(
      Array(session.buffers[0].value.elements) == plain.parameters["bn.mean"]!.tensor.elements)
    withExtendedLifetime(images) {}
  }

  @Test func continuesFromRestoredBuffers() throws {
    let graph = plain.usingBatchStatistics(true)
    let (first, second) = (try session(graph), try session(graph))
    _ = first.answers(images)
    let kept = first.buffers.map { Array($0.value.elements) }
    _ = first.answers(images)
    for ((_, buffer), values) in zip(second.buffers, kept) {
      for (index, value) in values.enumerated() { buffer.base[index] = value }
    }
    _ = second.answers(images)
    #expect(
      first.buffers.map { Array($0.value.elements) }
        == second.buffers.map { Array($0.value.elements) })
  }

  @Test func leavesRunningStatisticsOfFrozenLayersAlone() throws {
    let graph = plain.usingBatchStatistics(true).settingTrainable { name, _ in
      name.hasPrefix("fc")
    }
    let session = try session(graph)
    #expect(session.buffers.isEmpty)
    let expected = try NaiveExecutor.output(of: plain, images).elements
    #expect(relativeDifference(session.answers(images), expected) < 1e-5)
  }

  @Test func runsWithoutDroppingInInferenceMode() throws {
    var builder = ModelBuilder(opset: 11)
    builder.input("x", [-1, 16])
    builder.weights("w", [16, 16])
    builder.node("MatMul", ["x", "w"], ["hidden"])
    builder.node("Dropout", ["hidden"], ["y"], ["ratio": 0.5])
    builder.output("y", [-1, 16])
    let graph = try builder.model.imported()
    let images = Tensor.images([4, 16])
    let session = try session(graph)
    let plain = try NaiveExecutor.output(of: graph, images).elements
    #expect(session.answers(images).contains(0))
    let output = Array(session.forward(images.unsafeView, mode: .inference).elements)
    #expect(relativeDifference(output, plain) < 1e-6)
    #expect(session.answers(images).contains(0))
    withExtendedLifetime(images) {}
  }

  @Test func refusesAGradientAfterInference() async {
    await #expect(processExitsWith: .failure) {
      let session = try Session(
        ONNXModel.tinyClassifier().imported(), batchSize: 1, mode: .training)
      let images = Tensor.images([1, 3, 8, 8])
      _ = session.forward(images.unsafeView, mode: .inference)
      session.backward()
    }
  }
}

@Suite struct PlanMemoryTests {
  /// A plan tells what a session allocates: here little enough to be counted by hand.
  @Test func countsWhatASessionAllocates() throws {
    var builder = ModelBuilder()
    builder.input("x", [-1, 32])
    builder.weights("w", [32, 64])
    builder.node("MatMul", ["x", "w"], ["y"])
    builder.output("y", [-1, 64])
    let graph = try builder.model.imported()
    let floats = { (mode: Mode) in try Plan(graph, batchSize: 4, mode: mode).memoryBytes / 4 }
    let (x, y, w) = (4 * 32, 4 * 64, 32 * 64)
    #expect(try floats(.inference) == x + y)
    #expect(try floats(.training) == x + y + y + 2 * w)
    #expect(
      try Plan(graph.frozen(), batchSize: 4, mode: .training).memoryBytes / 4 == x + y)
  }

  @Test func growsWithTheBatch() throws {
    let graph = try ONNXModel.tinyClassifier().imported()
    let bytes = try [1, 8, 64].map { try Plan(graph, batchSize: $0, mode: .training).memoryBytes }
    #expect(bytes == bytes.sorted())
    #expect(bytes[2] > 4 * bytes[1])
  }
}
