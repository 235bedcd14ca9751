import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

/// Operands that meet at an axis the node names, as before opset 7: today's form is made of them, so
/// that the network can be written again.
@Suite struct OldBroadcastTests {
  private let images = Tensor.images([2, 3, 4, 4])

  /// The answers, here and after export under a new opset.
  private func output(_ builder: ModelBuilder) throws -> Tensor {
    let graph = try builder.graph()
    let answer = try NaiveExecutor.output(of: graph, images)
    let again = try Graph(importing: graph.exported(opset: 17), registry: .standard)
    #expect(try NaiveExecutor.output(of: again, images) == answer)
    return answer
  }

  private func expected(_ factor: (_ image: Int, _ channel: Int) -> Float) -> [Float] {
    (0..<96).map { images.elements[$0] * factor($0 / 48, $0 / 16 % 3) }
  }

  @Test func givesAConstantTheMissingAxes() throws {
    var builder = ModelBuilder.images(opset: 6)
    builder.weights("w", [3], [2, 3, 5])
    builder.node("Mul", ["x", "w"], ["y"], ["broadcast": 1, "axis": 1])
    builder.output("y", [-1, 3, 4, 4])
    #expect(try builder.graph().parameters["w"]?.tensor.shape == [3, 1, 1])
    #expect(try output(builder).elements == expected { [2, 3, 5][$1] })
  }

  @Test func leavesASharedConstantToItsOtherReaders() throws {
    var builder = ModelBuilder.images(opset: 6)
    builder.weights("w", [3], [2, 3, 5])
    builder.node("Mul", ["x", "w"], ["a"], ["broadcast": 1, "axis": 1])
    builder.node("GlobalAveragePool", ["a"], ["p"])
    builder.node("Flatten", ["p"], ["f"])
    builder.node("Add", ["f", "w"], ["g"], ["broadcast": 1])
    builder.node("Mul", ["x", "w"], ["y"], ["broadcast": 1, "axis": 1])
    builder.output("y", [-1, 3, 4, 4])
    builder.output("g", [-1, 3])
    let graph = try builder.graph()
    #expect(
      graph.parameters.mapValues(\.tensor.shape) == [
        "w": [3], "w.a": [3, 1, 1], "w.y": [3, 1, 1],
      ])
    #expect(try output(builder).elements == expected { [2, 3, 5][$1] })
  }

  /// As squeeze and excitation was written: a number for each channel of each image.
  @Test func givesAnActivationTheMissingAxes() throws {
    var builder = ModelBuilder.images(opset: 6)
    builder.node("GlobalAveragePool", ["x"], ["p"])
    builder.node("Flatten", ["p"], ["gate"])
    builder.node("Mul", ["x", "gate"], ["y"], ["broadcast": 1, "axis": 0])
    builder.output("y", [-1, 3, 4, 4])
    #expect(
      try builder.graph().nodes.map(\.opType) == [
        "GlobalAveragePool", "Flatten", "Unsqueeze", "Mul",
      ])
    let found = try output(builder).elements
    let means = (0..<6).map { images.elements[16 * $0..<16 * $0 + 16].reduce(0, +) / 16 }
    #expect(relativeDifference(found, expected { means[3 * $0 + $1] }) < 1e-6)
  }

  @Test func givesASlopeTheMissingAxes() throws {
    var builder = ModelBuilder.images(opset: 6)
    builder.weights("slope", [3], [2, 3, 5])
    builder.node("PRelu", ["x", "slope"], ["y"])
    builder.output("y", [-1, 3, 4, 4])
    let found = try output(builder).elements
    #expect(found == zip(images.elements, expected { [2, 3, 5][$1] }).map { $0 < 0 ? $1 : $0 })
  }
}
