import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct SumTests {
  static let cases: [OperatorCase] = [
    .init("one", inputs: [.activation([2, 3, 4, 5])]),
    .init("two", inputs: [.activation([2, 3, 4, 5]), .activation([2, 3, 4, 5], seed: 8)]),
    .init(
      "three",
      inputs: [.activation([2, 5]), .activation([2, 5], seed: 8), .activation([2, 5], seed: 9)]),
    .init(
      "broadcast",
      inputs: [
        .activation([2, 3, 4, 5]), .parameter([1, 3, 1, 1]), .scalar(0.5),
        .activation([2, 3, 1, 1], seed: 8),
      ]),
    .init(
      "growing", inputs: [.parameter([5]), .activation([3, 1]), .activation([2, 3, 5], seed: 8)]),
    .init(
      "crosswise",
      inputs: [
        .activation([3, 1, 5, 1]), .activation([1, 4, 1, 7], seed: 8),
        .activation([3, 4, 5, 7], seed: 9),
      ]),
    .init(
      "more than one task",
      inputs: [.activation([3, 5, 65, 64]), .activation([3, 5, 65, 64], seed: 8)]),
    .init(
      "old", opset: 1, attributes: ["consumed_inputs": [0, 0]],
      inputs: [.activation([2, 3]), .activation([2, 3], seed: 8)]),
    .init("one element", opset: 6, inputs: [.activation([1]), .activation([1], seed: 8)]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(Sum.self, example) { _, inputs in
      [inputs.dropFirst().reduce(inputs[0]!) { .broadcast($0, $1!) { $0 + $1 } }]
    }
  }

  @Test func refusesNoInput() throws {
    let op = try decoded(Sum.self)
    #expect(throws: ShapeError("no input; expected at least 1")) { try op.outputShapes(for: []) }
  }

  @Test func vectorsAreBiases() throws {
    let op = try decoded(Sum.self)
    #expect(op.role(ofInput: 1, shape: [3, 1, 1]) == .bias)
    #expect(op.role(ofInput: 1, shape: [1]) == .buffer)
  }
}
