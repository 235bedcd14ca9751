import GraftGraph
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct UnsqueezeTests {
  static let cases: [OperatorCase] = [
    .init("before a convolution", inputs: [.activation([2, 5]), .ints([2, 3])]),
    .init("attribute", opset: 11, attributes: ["axes": [3, 1]], inputs: [.activation([2, 3])]),
    .init("from the end", inputs: [.activation([2, 3, 4]), .ints([-1, 0])]),
    .init("between, odd", inputs: [.activation([3, 5, 7]), .ints([2])]),
    .init("one element", inputs: [.activation([1]), .ints([0])]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(Unsqueeze.self, example) { example, inputs in
      let x = inputs[0]!
      let written = example.ints("axes") ?? inputs[1]!.values.map { Int($0) }
      let rank = x.shape.rank + written.count
      var rest = x.shape.dimensions[...]
      let shape = (0..<rank).map { axis in
        written.contains { $0 == axis || $0 + rank == axis } ? 1 : rest.removeFirst()
      }
      return [DoubleTensor(Shape(shape), x.values)]
    }
  }

  @Test func refusesAxesThatDoNotFit() {
    #expect(
      FileNode(inputs: [.activation([2, 3])]).refusal(Unsqueeze.self) == "input axes is missing")
    #expect(FileNode(opset: 11).refusal(Unsqueeze.self) == "attribute axes is missing")
    #expect(
      FileNode(opset: 11, ["axes": [3]]).refusal(Unsqueeze.self, [[2, 3]])
        == "axes has 3, but the output has rank 3")
    #expect(
      FileNode(opset: 11, ["axes": [0, -4]]).refusal(Unsqueeze.self, [[2, 3]])
        == "axes [0, -4] name one axis twice; the output has rank 4")
  }

  @Test func folds() throws {
    #expect(try Unsqueeze(axes: [0]).fold([.integers([], [7])]) == [.ints(7)])
    #expect(try Unsqueeze(axes: [1]).fold([.floats([2], [3, 4])]) == [.floats([2, 1], [3, 4])])
    #expect(try Unsqueeze(axes: [0]).fold([.activation([2])]) == nil)
  }
}
