import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct NegTests {
  static let cases: [OperatorCase] = [
    .init("images", inputs: [.activation([2, 3, 5, 7])]),
    .init("vectors", inputs: [.activation([3, 11])]),
    .init("one element", inputs: [.activation([1, 1, 1, 1])]),
    .init("scalar", inputs: [.activation([])]),
    .init("nothing", inputs: [.activation([0, 3])]),
    .init("more than one task", inputs: [.activation([3, 5, 65, 64])]),
    .init(
      "old", opset: 1, attributes: ["consumed_inputs": [0]], inputs: [.activation([2, 3])]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(Neg.self, example) { example, inputs in
      [inputs[0]!.map { -$0 }]
    }
  }
}
