import GraftGraph
import GraftONNX
import GraftOperators
import GraftRuntime
import GraftTensor
import GraftTestSupport
import Testing

/// Outputs of a node that nobody reads, or that have no name.
@Suite struct NodeOutputsTests {
  /// Thirds of six columns, of which one is the output of the network.
  private func thirds(_ names: [String], giving name: String) throws -> [Float] {
    var builder = ModelBuilder(opset: 13)
    builder.input("x", [-1, 6])
    builder.node("Split", ["x"], names, ["axis": 1])
    builder.node("Neg", [name], ["y"])
    builder.output("y", [-1, 2])
    let session = try Session(builder.graph(), batchSize: 2, mode: .inference)
    let x = Tensor([2, 6], (0..<12).map(Float.init))
    return x.withUnsafeElements { _ in Array(session.forward(x.unsafeView).elements) }
  }

  @Test func thatAreNotReadCount() throws {
    #expect(try thirds(["a", "b", "c"], giving: "a") == [0, -1, -6, -7])
    #expect(try thirds(["a", "b", "c"], giving: "b") == [-2, -3, -8, -9])
  }

  @Test func thatHaveNoNameAreComputed() throws {
    #expect(try thirds(["a", "", "c"], giving: "c") == [-4, -5, -10, -11])
    #expect(try thirds(["a", "b", ""], giving: "b") == [-2, -3, -8, -9])
  }
}
