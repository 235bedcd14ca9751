import GraftGraph
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct SqueezeTests {
  static let cases: [OperatorCase] = [
    .init("after pooling", inputs: [.activation([2, 5, 1, 1]), .ints([2, 3])]),
    .init(
      "attribute", opset: 11, attributes: ["axes": [3, 2]], inputs: [.activation([2, 5, 1, 1])]),
    .init("from the end", inputs: [.activation([2, 1, 3]), .ints([-2])]),
    .init("all but the batch", inputs: [.activation([1, 1, 3, 1])]),
    .init("between, odd", inputs: [.activation([3, 5, 1, 7]), .ints([-2])]),
    .init("one element", inputs: [.activation([1, 1, 1, 1]), .ints([1, 2, 3])]),
    .init("nothing to remove", inputs: [.activation([2, 3, 4, 5])]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(Squeeze.self, example) { example, inputs in
      let x = inputs[0]!
      let written =
        example.ints("axes") ?? (inputs.count > 1 ? inputs[1]!.values.map { Int($0) } : nil)
      var shape: [Int] = []
      for (axis, extent) in x.shape.dimensions.enumerated() {
        let named = written?.contains { $0 == axis || $0 + x.shape.rank == axis }
        if !(named ?? (axis > 0 && extent == 1)) { shape.append(extent) }
      }
      return [DoubleTensor(Shape(shape), x.values)]
    }
  }

  @Test func refusesAxesThatDoNotFit() {
    let node = FileNode(inputs: [.activation([2, 3, 1]), .ints([1])])
    #expect(
      node.refusal(Squeeze.self, [[2, 3, 1]])
        == "axis 1 of the input [2, 3, 1] has extent 3; Squeeze removes 1")
    #expect(
      FileNode(opset: 11, ["axes": [3]]).refusal(Squeeze.self, [[2, 3, 1]])
        == "axes is 3, but the input has shape [2, 3, 1]: axes go from -3 to 2")
    #expect(
      FileNode(opset: 11, ["axes": [2, -1]]).refusal(Squeeze.self, [[2, 3, 1]])
        == "axes [2, -1] name axis 2 twice")
  }

  @Test func folds() throws {
    #expect(try Squeeze(axes: [0]).fold([.ints(7)]) == [.integers([], [7])])
    #expect(try Squeeze(axes: nil).fold([.ints(7)]) == [.integers([], [7])])
    #expect(
      try Squeeze(axes: [-1]).fold([.floats([2, 1], [3, 4])]) == [.floats([2], [3, 4])])
    #expect(try Squeeze(axes: [0]).fold([.activation([1, 2])]) == nil)
  }
}
