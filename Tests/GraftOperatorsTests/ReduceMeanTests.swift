import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct ReduceMeanTests {
  private static let image = OperatorInput.activation([2, 3, 5, 7])

  static let cases: [OperatorCase] = [
    .init("pixels", attributes: ["axes": [2, 3]], inputs: [image]),
    .init("pixels, dropped", attributes: ["axes": [2, 3], "keepdims": 0], inputs: [image]),
    .init(
      "from the end", opset: 11, attributes: ["axes": [-1, -2], "keepdims": 0], inputs: [image]),
    .init("channels", attributes: ["axes": [1]], inputs: [image]),
    .init("channels, dropped", attributes: ["axes": [1], "keepdims": 0], inputs: [image]),
    .init("width, dropped", attributes: ["axes": [3], "keepdims": 0], inputs: [image]),
    .init("images", attributes: ["axes": [0]], inputs: [image]),
    .init("apart", attributes: ["axes": [0, 2], "keepdims": 0], inputs: [image]),
    .init("all", inputs: [image]),
    .init("all, dropped", opset: 1, attributes: ["keepdims": 0], inputs: [image]),
    .init("as input", opset: 18, inputs: [image, .ints([2, 3])]),
    .init("no axes: all", opset: 18, inputs: [image, .ints([])]),
    .init("absent axes: all", opset: 18, inputs: [image]),
    .init(
      "no axes: none", opset: 18, attributes: ["noop_with_empty_axes": 1], inputs: [image],
      exportOpsets: [18]),
    .init("matrix", attributes: ["axes": [1]], inputs: [.activation([4, 9])]),
    .init("many channels", attributes: ["axes": [2, 3]], inputs: [.activation([2, 130, 3, 3])]),
    .init("one element", attributes: ["axes": [0]], inputs: [.activation([1])]),
    .init(
      "one element, rank 4", attributes: ["axes": [2, 3]], inputs: [.activation([1, 1, 1, 1])]),
    .init("images and rows", attributes: ["axes": [-2, 0]], inputs: [.activation([3, 5, 7, 3])]),
    .init("large", attributes: ["axes": [2, 3]], inputs: [.activation([2, 3, 90, 91])]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(ReduceMean.self, example) { example, inputs in
      [naiveReduction(example, inputs) { $0.reduce(0, +) / Double($0.count) }]
    }
  }

  @Test func refusesAxesOutside() throws {
    let op = try decoded(ReduceMean.self, ["axes": [2]])
    #expect(throws: ShapeError("axis 2 of an input [3, 4]; expected -2 to 1")) {
      try op.outputShapes(for: [[3, 4]])
    }
  }

  @Test func refusesAxesTwice() throws {
    let op = try decoded(ReduceMean.self, ["axes": [1, -1]])
    #expect(throws: ShapeError("axes [1, -1] of an input [3, 4] name an axis twice")) {
      try op.outputShapes(for: [[3, 4]])
    }
  }
}
