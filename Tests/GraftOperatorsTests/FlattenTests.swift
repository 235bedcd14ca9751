import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct FlattenTests {
  static let cases: [OperatorCase] = [
    .init("default axis", inputs: [.activation([2, 3, 4, 5])]),
    .init("axis 0", attributes: ["axis": 0], inputs: [.activation([2, 3])]),
    .init("axis 2", opset: 9, attributes: ["axis": 2], inputs: [.activation([3, 2, 4, 1])]),
    .init("axis of the rank", attributes: ["axis": 3], inputs: [.activation([2, 3, 2])]),
    .init("axis from the end", attributes: ["axis": -1], inputs: [.activation([2, 3, 2, 2])]),
    .init("pixels, odd", inputs: [.activation([3, 5, 7, 3])]),
    .init("one element", inputs: [.activation([1, 1, 1, 1])]),
    .init("already flat", inputs: [.activation([3, 5])]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(Flatten.self, example) { example, inputs in
      let x = inputs[0]!
      let written = example.int("axis", default: 1)
      let axis = written < 0 ? written + x.shape.rank : written
      var shape = [1, 1]
      for (place, extent) in x.shape.dimensions.enumerated() {
        shape[place < axis ? 0 : 1] *= extent
      }
      return [DoubleTensor(Shape(shape), x.values)]
    }
  }

  @Test func refusesAxesOutside() {
    #expect(
      FileNode(["axis": 4]).refusal(Flatten.self, [[2, 3, 4]])
        == "axis is 4, but the input has shape [2, 3, 4]: Flatten splits at -3 to 3")
    #expect(
      FileNode(opset: 9, ["axis": -1]).refusal(Flatten.self)
        == "attribute axis is -1; opset 9 expects 0 or more")
  }
}
