import GraftGraph
import GraftRuntime
import GraftTensor
import GraftTestSupport
import Testing

/// Networks in which two nodes read the same weights.
@Suite struct SharedWeightTests {
  /// Two convolutions with the same weights and bias, each with a normalisation of its own, so that
  /// what is folded into the one must not reach the other.
  private func network() throws -> Graph {
    var builder = ModelBuilder()
    builder.input("x", [-1, 4, 5, 7])
    builder.weights("w", [4, 4, 3, 3])
    builder.weights("b", [4])
    var value = "x"
    for name in ["one", "two"] {
      builder.node("Conv", [value, "w", "b"], ["\(name).conv"], ["pads": [1, 1, 1, 1]])
      for part in ["s", "b", "m", "v"] {
        builder.weights(
          "\(name).\(part)", [4], in: part == "s" || part == "v" ? 0.5...1.5 : -0.5...0.5)
      }
      builder.node(
        "BatchNormalization", ["\(name).conv"] + ["s", "b", "m", "v"].map { "\(name).\($0)" },
        ["\(name).bn"])
      builder.node("Tanh", ["\(name).bn"], [name])
      value = name
    }
    builder.node("Add", ["one", "two"], ["sum"])
    builder.node("GlobalAveragePool", ["sum"], ["pooled"])
    builder.node("Flatten", ["pooled"], ["flat"])
    builder.weights("fc.w", [3, 4])
    builder.node("Gemm", ["flat", "fc.w"], ["y"], ["transB": 1])
    builder.output("y", [-1, 3])
    return try builder.model.imported()
  }

  /// By name, of three images.
  private func gradients(_ graph: Graph) throws -> [String: [Float]] {
    let session = try Session(graph, batchSize: 3, mode: .training)
    session.overwriteWorkingMemory(with: .nan)
    session.zeroGradients()
    BackwardTests().differentiate(session, Tensor.images([3, 4, 5, 7]))
    return Dictionary(
      uniqueKeysWithValues: session.trainableParameters.map {
        ($0.name, Array($0.gradient.elements))
      })
  }

  @Test(arguments: [true, false]) func answersAreThoseOfTheFormulas(isExact: Bool) throws {
    let (graph, images) = (try network(), Tensor.images([3, 4, 5, 7]))
    let expected = try NaiveExecutor.output(of: graph, images)
    for graph in [graph, graph.givingNodesOwnParameters(), graph.frozen()] {
      for mode in [Mode.inference, .training] {
        let session = try Session(
          graph, batchSize: 3, mode: mode, options: PlanOptions(isExact: isExact))
        #expect(relativeDifference(session.answers(images), expected.elements) < 1e-5)
      }
    }
  }

  @Test func matchesFiniteDifferences() throws {
    try BackwardTests().checkGradients(network())
  }

  @Test func gradientsOfBothNodesAddUp() throws {
    let graph = try network()
    let (shared, own) = (try gradients(graph), try gradients(graph.givingNodesOwnParameters()))
    #expect(Set(own.keys) == Set(shared.keys).union(["w.one.conv", "b.one.conv"]))
    for name in ["w", "b"] {
      let sum = zip(try #require(own["\(name).one.conv"]), try #require(own[name])).map { $0 + $1 }
      #expect(relativeDifference(try #require(shared[name]), sum) < 1e-5)
    }
    #expect(own["fc.w"] == shared["fc.w"])
  }

  /// Shared weights of which one node is frozen are frozen; weights of its own are not.
  @Test func frozenStaysFrozen() throws {
    let graph = try network()
    let frozen = try gradients(graph.freezing(through: "one"))
    #expect(frozen.keys.sorted() == ["fc.w", "two.b", "two.s"])
    let own = graph.givingNodesOwnParameters()
    let behind = try gradients(own.freezing(through: "one"))
    #expect(behind.keys.sorted() == ["b", "fc.w", "two.b", "two.s", "w"])
    try BackwardTests().checkGradients(own.freezing(through: "one"))
    let whole = try gradients(own)
    for (name, gradient) in behind {
      #expect(relativeDifference(gradient, try #require(whole[name])) < 1e-5, "\(name)")
    }
  }
}
