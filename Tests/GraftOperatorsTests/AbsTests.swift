import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct AbsTests {
  static let cases: [OperatorCase] = [
    .init("images", inputs: [.activation([2, 3, 5, 7], avoiding: [0])]),
    .init("vectors", inputs: [.activation([3, 11], avoiding: [0])]),
    .init("one element", inputs: [.activation([1, 1, 1, 1], avoiding: [0])]),
    .init("scalar", inputs: [.activation([], avoiding: [0])]),
    .init("nothing", inputs: [.activation([0, 3], avoiding: [0])]),
    .init("more than one task", inputs: [.activation([3, 5, 65, 64], avoiding: [0])]),
    .init(
      "old", opset: 1, attributes: ["consumed_inputs": [0]],
      inputs: [.activation([2, 3], avoiding: [0])]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(Abs.self, example) { example, inputs in
      [inputs[0]!.map { abs($0) }]
    }
  }
}
