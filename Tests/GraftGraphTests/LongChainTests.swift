import GraftGraph
import GraftONNX
import GraftOperators
import GraftRuntime
import GraftTensor
import GraftTestSupport
import Testing

/// Networks as long as files may make them: nothing may recurse along them, or look through all of
/// them at every node.
@Suite struct LongChainTests {
  private static let length = 50_000

  private func chain(
    reversed: Bool, names: (Int) -> String = { "n\($0)" }
  ) -> ONNXModel {
    var builder = ModelBuilder()
    builder.input("v0", [-1, 2, 2, 2])
    var nodes = (0..<Self.length).map { index in
      ONNXNode(
        name: names(index), opType: index % 2 == 0 ? "Relu" : "Sigmoid", inputs: ["v\(index)"],
        outputs: ["v\(index + 1)"], attributes: [])
    }
    if reversed { nodes.reverse() }
    builder.model.graph.nodes = nodes
    builder.output("v\(Self.length)", [-1, 2, 2, 2])
    return builder.model
  }

  @Test(.timeLimit(.minutes(1)), arguments: [false, true])
  func importsAndPlans(_ reversed: Bool) throws {
    let graph = try Graph(importing: chain(reversed: reversed), registry: .standard)
    #expect(graph.nodes.count == Self.length)
    let session = try Session(graph, batchSize: 2, mode: .inference)
    #expect(session.plan.arenaFloats == 16)
    let image = Tensor.images([1, 2, 2, 2])
    let output = session.forward(image.unsafeView)
    withExtendedLifetime(image) {}
    // Sigmoid again and again ends at its fixed point, 1 / (1 + exp(-x)) = x.
    #expect(output.elements.allSatisfy { abs($0 - 0.659_046) < 1e-5 })
  }

  @Test(.timeLimit(.minutes(1))) func importsNodesThatAllHaveOneName() throws {
    let graph = try Graph(
      importing: chain(reversed: false) { _ in "same" }, registry: .standard)
    #expect(Set(graph.nodes.map(\.name)).count == Self.length)
  }

  @Test(.timeLimit(.minutes(1))) func plansLongChainsOfBlocks() throws {
    var builder = ModelBuilder()
    builder.input("x0", [-1, 2, 2, 2])
    builder.weights("w", [2, 2, 1, 1])
    for index in 0..<2_000 {
      builder.node("Conv", ["x\(index)", "w"], ["c\(index)"])
      builder.node("Relu", ["c\(index)"], ["r\(index)"])
      builder.node("Add", ["r\(index)", "x\(index)"], ["x\(index + 1)"])
    }
    builder.output("x2000", [-1, 2, 2, 2])
    let graph = try Graph(importing: builder.model, registry: .standard)
    let plan = try Plan(graph, batchSize: 1, mode: .training)
    #expect(plan.steps.count == 4_000)  // each Relu is the end of its Conv
  }
}
