import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct ReluTests {
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
    try checkOperator(Relu.self, example) { example, inputs in
      [inputs[0]!.map { max($0, 0) }]
    }
  }

  @Test func keepsNaN() throws {
    let example = OperatorCase("NaN", inputs: [.floats([3], [.nan, -1, 2]).notDifferentiable])
    try checkOperator(Relu.self, example) { _, _ in [DoubleTensor([3], [.nan, 0, 2])] }
  }
}
