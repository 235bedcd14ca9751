import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct ReduceSumTests {
  private static let image = OperatorInput.activation([2, 3, 5, 7])

  static let cases: [OperatorCase] = [
    .init("pixels", opset: 11, attributes: ["axes": [2, 3]], inputs: [image]),
    .init(
      "pixels, dropped", opset: 11, attributes: ["axes": [-1, -2], "keepdims": 0], inputs: [image]),
    .init("channels", opset: 11, attributes: ["axes": [1]], inputs: [image]),
    .init(
      "apart", opset: 11, attributes: ["axes": [0, 2], "keepdims": 0], inputs: [image]),
    .init("all, dropped", opset: 1, attributes: ["keepdims": 0], inputs: [image]),
    .init("as input", opset: 13, inputs: [image, .ints([2, 3])], exportOpsets: [11, 28]),
    .init("no axes: all", opset: 13, inputs: [image, .ints([])], exportOpsets: [22]),
    .init(
      "no axes: none", opset: 13, attributes: ["noop_with_empty_axes": 1], inputs: [image],
      exportOpsets: [22]),
    .init("matrix", opset: 11, attributes: ["axes": [1]], inputs: [.activation([4, 9])]),
    .init("one element", opset: 11, attributes: ["axes": [0]], inputs: [.activation([1])]),
    .init("no image", opset: 11, attributes: ["axes": [1]], inputs: [.activation([0, 3])]),
    .init(
      "more than one task", opset: 11, attributes: ["axes": [1, 3]],
      inputs: [.activation([2, 5, 33, 90])]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(ReduceSum.self, example) { example, inputs in
      [naiveReduction(example, inputs) { $0.reduce(0, +) }]
    }
  }

  @Test func refusesAxesOutside() throws {
    let op = try decoded(ReduceSum.self, opset: 11, ["axes": [2]])
    #expect(throws: ShapeError("axis 2 of an input [3, 4]; expected -2 to 1")) {
      try op.outputShapes(for: [[3, 4]])
    }
  }
}
