import GraftGraph
import GraftONNX
import GraftTestSupport
import Testing

/// `as_strided` as torch's dynamo exporter writes it: a Gather of all elements of a batch.
@Suite struct ImportViewsTests {
  /// Gathers the elements of `[N, 3, 4, 4]` in this order within each image, then applies Relu.
  private func network(order: [Int], shape: [Int] = [1, 3, 4, 4]) -> ModelBuilder {
    var builder = ModelBuilder.images()
    builder.integers("all", [-1])
    builder.node("Reshape", ["x", "all"], ["flat"])
    builder.node("Shape", ["x"], ["batch"], ["start": 0, "end": 1])
    for (name, value) in [("zero", 0), ("one", 1), ("count", order.count)] {
      builder.integers(name, [value])
    }
    builder.node("Range", ["zero", "batch", "one"], ["images"])
    builder.node("Mul", ["images", "count"], ["starts"])
    builder.integers("axes", [1, 2, 3])
    builder.node("Unsqueeze", ["starts", "axes"], ["first"])
    builder.model.graph.initializers.append(
      ONNXTensor(name: "within", dimensions: shape, ints: order))
    builder.node("Add", ["first", "within"], ["indices"])
    builder.node("Gather", ["flat", "indices"], ["strided"], ["axis": 0])
    builder.node("Relu", ["strided"], ["y"])
    builder.output("y", [-1, 3, 4, 4])
    return builder
  }

  @Test func aViewOfAllElementsIsTheValue() throws {
    let graph = try network(order: Array(0..<48)).graph()
    #expect(graph.nodes.map(\.opType) == ["Relu"])
    #expect(graph.nodes[0].inputs == ["x"])
  }

  @Test func anotherOrderIsNot() {
    #expect(
      network(order: (0..<48).reversed()).refusal()
        == "node 'strided' (Gather, opset 17): the length of input indices depends on the batch size"
    )
    #expect(network(order: Array(0..<48), shape: [1, 3, 2, 8]).refusal() != nil)
  }
}
