import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

/// Networks of constants, as comparisons with other runtimes use them.
@Suite struct FoldingTests {
  private func refusal(_ builder: ModelBuilder) -> String? {
    do throws(GraphError) {
      _ = try Graph.folding(builder.model, registry: .standard)
      return nil
    } catch {
      return error.message
    }
  }

  @Test func givesAllOutputsInOrder() throws {
    var builder = ModelBuilder()
    builder.weights("a", [3, 2], [1, 2, 3, 4, 5, 6])
    builder.node("Transpose", ["a"], ["t"], ["perm": [1, 0]])
    builder.node("Shape", ["t"], ["s"])
    builder.output("s", [2])
    builder.output("t", [2, 3])
    builder.output("a", [3, 2])
    let a: [Float] = [1, 2, 3, 4, 5, 6]
    #expect(
      try Graph.folding(builder.model, registry: .standard) == [
        .integers(IntegerTensor([2, 3])), .floats(Tensor([2, 3], [1, 3, 5, 2, 4, 6])),
        .floats(Tensor([3, 2], a)),
      ])
  }

  @Test func refusesNetworksWithInputs() {
    var builder = ModelBuilder.images()
    builder.node("Relu", ["x"], ["y"])
    builder.output("y", [-1, 3, 4, 4])
    #expect(
      refusal(builder) == "the network has the input 'x'; folding is for networks of constants")
  }

  @Test func refusesOutputsThatNothingProduces() {
    var builder = ModelBuilder()
    builder.weights("a", [1], [1])
    builder.output("y", [1])
    #expect(refusal(builder) == "nothing produces the output 'y'")
  }
}
