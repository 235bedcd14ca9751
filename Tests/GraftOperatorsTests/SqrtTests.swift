import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct SqrtTests {
  static let cases: [OperatorCase] = [
    .init("images", inputs: [.activation([2, 3, 5, 7], in: 0.5...4)]),
    .init("vectors", inputs: [.activation([3, 11], in: 0.5...4)]),
    .init("one element", inputs: [.activation([1, 1, 1, 1], in: 0.5...4)]),
    .init("scalar", inputs: [.activation([], in: 0.5...4)]),
    .init("nothing", inputs: [.activation([0, 3], in: 0.5...4)]),
    .init("more than one task", inputs: [.activation([3, 5, 65, 64], in: 0.5...4)]),
    .init(
      "old", opset: 1, attributes: ["consumed_inputs": [0]],
      inputs: [.activation([2, 3], in: 0.5...4)]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(Sqrt.self, example) { example, inputs in
      [inputs[0]!.map { $0.squareRoot() }]
    }
  }
}
