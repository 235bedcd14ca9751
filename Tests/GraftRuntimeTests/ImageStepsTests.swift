import GraftGraph
import GraftKernels
import GraftONNX
import GraftOperators
import GraftRuntime
import GraftTensor
import GraftTestSupport
import Testing

/// Images that go one by one through the first steps, against all of them together.
@Suite struct ImageStepsTests {
  private func session(
    _ graph: Graph, _ images: PlanOptions.ImageOrder, mode: Mode = .inference
  ) throws -> Session {
    let session = try Session(
      graph, batchSize: 5, mode: mode, options: PlanOptions(images: images))
    session.overwriteWorkingMemory(with: .nan)
    return session
  }

  @Test(arguments: UInt64(0)..<20) func doNotChangeABit(_ seed: UInt64) throws {
    let graph = try randomNetwork(seed: seed)
    let images = Tensor.images([5, 4, 6, 6])
    let together = try session(graph, .together)
    for threads in 1...3 {
      let apart = try sessionFor(threads: threads, graph)
      #expect(apart.plan.imageSteps == apart.plan.steps.count)
      #expect(apart.plan.imageWorkers == threads)
      for count in [1, 2, 3, 5, 4] {
        let some = images.prefix(count)
        #expect(apart.answers(some) == together.answers(some))
      }
    }
  }

  /// The plan takes the number of threads of the moment.
  private func sessionFor(threads: Int, _ graph: Graph) throws -> Session {
    // A session is for one thread, and this one stays on this.
    nonisolated(unsafe) var made: Session?
    try withThreads(threads) { () throws(CheckFailure) in
      made = try? session(graph, .apart)
    }
    return try #require(made)
  }

  @Test(arguments: UInt64(0)..<10) func leadToTheSameGradients(_ seed: UInt64) throws {
    let graph = try randomNetwork(seed: seed).settingTrainable { name, _ in name.hasPrefix("fc") }
    let images = Tensor.images([5, 4, 6, 6])
    let results = try [PlanOptions.ImageOrder.together, .apart].map { order in
      let session = try session(graph, order, mode: .training)
      #expect((session.plan.imageSteps > 0) == (order == .apart))
      let logits = session.answers(images)
      session.zeroGradients()
      for index in 0..<15 { session.outputGradient.elements[index] = Float(index) - 7 }
      session.backward()
      return logits + session.trainableParameters.flatMap { Array($0.gradient.elements) }
        // Between steps a training session answers as in inference.
        + Array(session.forward(images.unsafeView, mode: .inference).elements)
    }
    withExtendedLifetime(images) {}
    #expect(results[0] == results[1])
  }

  /// Networks that work along the batch, in between.
  private static let mixing: [(name: String, nodes: @Sendable (inout ModelBuilder) -> Void)] = [
    ("Softmax", { $0.node("Softmax", ["a"], ["y"], ["axis": 0]) }),
    ("LogSoftmax", { $0.node("LogSoftmax", ["a"], ["y"], ["axis": -2]) }),
    (
      "Slice",
      {
        for (name, value) in [("starts", -1), ("ends", -99), ("axes", 0), ("steps", -1)] {
          $0.integers(name, [value])
        }
        $0.node("Slice", ["a", "starts", "ends", "axes", "steps"], ["y"])
      }
    ),
    (
      "Concat",
      {
        $0.node("Concat", ["a", "a"], ["b"], ["axis": 0])
        $0.integers("shape", [-1, 6])
        $0.node("Reshape", ["b", "shape"], ["y"])
      }
    ),
  ]

  @Test(arguments: mixing.indices) func endWhereImagesMix(_ index: Int) throws {
    var builder = ModelBuilder("mixing")
    builder.input("x", [-1, 3])
    builder.node("Neg", ["x"], ["a"])
    Self.mixing[index].nodes(&builder)
    builder.output("y", [-1, index == 3 ? 6 : 3])
    let graph = try builder.model.imported()
    let images = Tensor.images([5, 3])
    let apart = try session(graph, .apart)
    #expect(apart.plan.imageSteps == 1, "\(Self.mixing[index].name)")
    let together = try session(graph, .together).answers(images)
    #expect(apart.answers(images) == together, "\(Self.mixing[index].name)")
  }

  /// Where something learns from the start, nothing is left for single images.
  @Test func leaveOutWhatLearns() throws {
    let plan = try Plan(
      narrowing(), batchSize: 4, mode: .training, options: PlanOptions(images: .apart))
    #expect(plan.imageSteps == 0)
    #expect(plan.imageArenaFloats == 0)
  }

  /// Large images and few weights first, then the other way round.
  private func narrowing() throws -> Graph {
    var builder = ModelBuilder("narrowing")
    builder.input("image", [-1, 8, 64, 64])
    builder.weights("one.w", [8, 8, 3, 3])
    builder.weights("two.w", [8, 8, 3, 3])
    builder.weights("three.w", [256, 8, 3, 3])
    builder.weights("four.w", [256, 256, 3, 3])
    builder.node("Conv", ["image", "one.w"], ["one"], ["pads": [1, 1, 1, 1]])
    builder.node("Conv", ["one", "two.w"], ["two"], ["pads": [1, 1, 1, 1]])
    builder.node(
      "MaxPool", ["two"], ["small"], ["kernel_shape": [16, 16], "strides": [16, 16]])
    builder.node("Conv", ["small", "three.w"], ["three"], ["pads": [1, 1, 1, 1]])
    builder.node("Conv", ["three", "four.w"], ["four"], ["pads": [1, 1, 1, 1]])
    builder.node("GlobalAveragePool", ["four"], ["y"])
    builder.output("y", [-1, 256, 1, 1])
    return try builder.model.imported()
  }

  @Test func endWhereWeightsOutweighTheImages() throws {
    let graph = try narrowing()
    let (apart, together) = try (
      Plan(graph, batchSize: 64, mode: .inference),
      Plan(graph, batchSize: 64, mode: .inference, options: PlanOptions(images: .together))
    )
    #expect(apart.imageSteps == 3)
    #expect(apart.imageWorkers == min(64, Parallel.threadCount))
    // Two images of 8 · 64 · 64 for each thread, not for each image of the batch.
    #expect(apart.imageArenaFloats < 3 * 8 * 64 * 64)
    #expect(apart.arenaFloats < together.arenaFloats / 4)
    #expect(apart.memoryBytes < together.memoryBytes)
    #expect(try Plan(graph, batchSize: 1, mode: .inference).imageSteps == 0)
  }

  @Test func areTimed() throws {
    let graph = try narrowing()
    let session = try Session(graph, batchSize: 64, mode: .inference)
    session.timesSteps = true
    _ = session.answers(Tensor.images([64, 8, 64, 64]))
    let times = try #require(session.stepTimes)
    #expect(times.passes == 1)
    #expect(times.forward.allSatisfy { $0 > 0 })
  }
}
