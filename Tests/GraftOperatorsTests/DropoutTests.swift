import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct DropoutTests {
  static let cases: [OperatorCase] = [
    .init("default", inputs: [.activation([3, 7])]),
    .init("ratio", inputs: [.activation([3, 7]), .scalar(0.25)]),
    .init("nothing dropped", inputs: [.activation([3, 7]), .scalar(0)]),
    .init(
      "training mode of the file", attributes: ["seed": 3],
      inputs: [
        .activation([2, 5, 1, 1]), .scalar(0.3), .ints(IntegerTensor(dimensions: [], values: [1])),
      ]),
    .init("one element", inputs: [.activation([1, 1, 1, 1])]),
    .init("one pixel of three images", inputs: [.activation([3, 37, 1, 1]), .scalar(0.4)]),
    .init("several streams", inputs: [.activation([3, 4001]), .scalar(0.75)]),
    .init("opset 10", opset: 10, attributes: ["ratio": 0.2], inputs: [.activation([9])]),
    .init("opset 7", opset: 7, inputs: [.activation([9])]),
    .init("opset 6", opset: 6, attributes: ["is_test": 1], inputs: [.activation([9])]),
    .init(
      "oldest", opset: 1, attributes: ["ratio": 0.4, "is_test": 1, "consumed_inputs": [0]],
      inputs: [.activation([9])]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(
      Dropout.self, example, oracle: { _, inputs in [inputs[0]!] },
      trainingOracle: { example, inputs in
        let ratio = inputs.count > 1 ? inputs[1]!.values[0] : example.float("ratio", default: 0.5)
        var y = inputs[0]!
        var generator = SeededGenerator(0)
        for i in y.values.indices {
          if i % 4096 == 0 { generator = SeededGenerator(example.seed, i / 4096) }
          y.values[i] *= Double(generator.uniform()) < ratio ? 0 : 1 / (1 - ratio)
        }
        return [y]
      })
  }

  @Test func refusesEverything() {
    #expect(throws: ONNXError("ratio is 1.0; expected at least 0 and less than 1")) {
      try decoded(Dropout.self, opset: 10, ["ratio": 1.0])
    }
  }

  @Test func refusesTheMask() {
    #expect(
      throws: ONNXError("output mask is used; graft computes only the first output of Dropout")
    ) { try decoded(Dropout.self, outputCount: 2) }
  }
}
