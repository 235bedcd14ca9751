import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct LayersTests {
  /// A stem, a block with a shortcut, a plain convolution, a classifier of two layers.
  private func network() throws -> Graph {
    var builder = ModelBuilder()
    builder.input("x", [-1, 3, 8, 8])
    builder.weights("one", [1], [1])
    builder.node("Mul", ["x", "one"], ["scaled"])  // before the first weights: no layer
    for (name, shape) in [("stem", [4, 3, 3, 3]), ("a", [4, 4, 1, 1]), ("b", [4, 4, 1, 1])] {
      builder.weights("\(name).w", shape)
    }
    builder.weights("c.w", [6, 4, 3, 3])
    builder.weights("fc1.w", [5, 6])
    builder.weights("fc2.w", [2, 5])
    let window: [String: ONNXAttribute.Value] = ["kernel_shape": .ints([3, 3])]
    builder.node("Conv", ["scaled", "stem.w"], ["stem"], window)
    builder.node("Relu", ["stem"], ["stem.relu"])
    builder.node("Conv", ["stem.relu", "a.w"], ["a"])
    builder.node("Relu", ["a"], ["a.relu"])
    builder.node("Conv", ["a.relu", "b.w"], ["b"])
    builder.node("Add", ["b", "stem.relu"], ["sum"])
    builder.node("Relu", ["sum"], ["sum.relu"])
    builder.node("Conv", ["sum.relu", "c.w"], ["c"], window)
    builder.node("GlobalAveragePool", ["c"], ["pool"])
    builder.node("Flatten", ["pool"], ["flat"])
    builder.node("Gemm", ["flat", "fc1.w"], ["fc1"], ["transB": .int(1)])
    builder.node("Gemm", ["fc1", "fc2.w"], ["y"], ["transB": .int(1)])
    builder.output("y", [-1, 2])
    return try builder.graph()
  }

  @Test func cutsWhereEverythingPasses() throws {
    let graph = try network()
    let layers = try graph.layers()
    #expect(layers.map(\.input) == ["scaled", "stem.relu", "sum.relu", "flat", "fc1"])
    #expect(
      layers.map { Array(graph.nodes[$0.nodes].map(\.name)) } == [
        ["stem", "stem.relu"], ["a", "a.relu", "b", "sum", "sum.relu"], ["c", "pool", "flat"],
        ["fc1"], ["y"],
      ])
    #expect(layers.map(\.pixels) == [36, 36, 16, nil, nil])
    #expect(layers.map(\.inputShape) == [[3, 8, 8], [4, 6, 6], [4, 6, 6], [6], [5]])
    for layer in layers { _ = try graph.split(at: layer.input) }
  }

  @Test func countsLayersFromTheOutput() throws {
    #expect(
      try network().layersFromOutput == [
        "stem.w": 4, "a.w": 3, "b.w": 3, "c.w": 2, "fc1.w": 1, "fc2.w": 0,
      ])
  }
}
