import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct ClipTests {
  private static let image = OperatorInput.activation(
    [2, 3, 5, 7], in: -4...8, avoiding: [-1, 0, 6])

  static let cases: [OperatorCase] = [
    .init("relu 6", inputs: [image, .scalar(0), .scalar(6)]),
    .init("minimum only", inputs: [image, .scalar(-1)]),
    .init("maximum only", inputs: [image, .absent, .scalar(6)]),
    .init("absent twice", inputs: [image, .absent, .absent]),
    .init("vector of one", inputs: [image, .constant([1], [0]), .constant([1], [6])]),
    .init("no limits", inputs: [.activation([3, 4])]),
    .init("crossed limits", inputs: [image, .scalar(6), .scalar(-1)]),
    .init("attributes", opset: 6, attributes: ["min": 0.0, "max": 6.0], inputs: [image]),
    .init(
      "oldest", opset: 1, attributes: ["min": -1.0, "consumed_inputs": [0]], inputs: [image]),
    .init("no attributes", opset: 10, inputs: [image]),
    .init(
      "more than one task",
      inputs: [.activation([3, 5, 65, 64], in: -4...8, avoiding: [0, 6]), .scalar(0), .scalar(6)]),
    .init("scalar", inputs: [.floats([], [3]), .scalar(0), .scalar(6)]),
    .init("one element below", inputs: [.floats([1, 1, 1, 1], [-3]), .scalar(0), .scalar(6)]),
    .init("one element", inputs: [.floats([1], [9]), .scalar(0), .scalar(6)]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(Clip.self, example) { example, inputs in
      let low = inputs.count > 1 ? inputs[1]?.values[0] : nil
      let high = inputs.count > 2 ? inputs[2]?.values[0] : nil
      let minimum = low ?? example.float("min", default: -.infinity)
      let maximum = high ?? example.float("max", default: .infinity)
      return [inputs[0]!.map { min(max($0, minimum), maximum) }]
    }
  }

  @Test func refusesLimitsComputedAtRunTime() {
    #expect(throws: ONNXError("input min is computed at run time; graft needs a constant there")) {
      try Clip(
        decoding: NodeDecoder(
          opType: "Clip", opset: 13, attributes: [:], inputs: [.activation([2]), .activation([])]))
    }
  }

  @Test func foldsIntegers() throws {
    let op = try FileNode(inputs: [.ints([0]), .ints([0]), .ints([0])]).read(Clip.self)
    let x = FoldingInput.ints(-7, 0, 5, .max)
    #expect(try op.fold([x]) == [.ints(-7, 0, 5, .max)])
    #expect(try op.fold([x, .integers([], [-1])]) == [.ints(-1, 0, 5, .max)])
    #expect(try op.fold([x, .absent, .integers([], [4])]) == [.ints(-7, 0, 4, 4)])
    #expect(try op.fold([x, .ints(6), .ints(4)]) == [.ints(4, 4, 4, 4)])
    #expect(try op.fold([.activation([2]), .floats([], [1])]) == nil)
  }

  @Test func refusesNaN() {
    #expect(
      throws: ONNXError("a limit is not a number; expected min and max to be numbers")
    ) {
      try Clip(
        decoding: NodeDecoder(
          opType: "Clip", opset: 6, attributes: ["max": .float(.nan)], inputs: [.activation([2])]))
    }
  }
}
