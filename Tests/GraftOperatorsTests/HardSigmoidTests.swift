import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct HardSigmoidTests {
  static let cases: [OperatorCase] = [
    .init("images", inputs: [.activation([2, 3, 5, 7], in: -4...4, avoiding: [-2.5, 2.5])]),
    .init("vectors", inputs: [.activation([3, 11], in: -4...4, avoiding: [-2.5, 2.5])]),
    .init("one element", inputs: [.activation([1, 1, 1, 1], in: -4...4, avoiding: [-2.5, 2.5])]),
    .init("scalar", inputs: [.activation([], in: -4...4, avoiding: [-2.5, 2.5])]),
    .init("nothing", inputs: [.activation([0, 3], in: -4...4, avoiding: [-2.5, 2.5])]),
    .init(
      "more than one task",
      inputs: [.activation([3, 5, 65, 64], in: -4...4, avoiding: [-2.5, 2.5])]),
    .init(
      "slopes", attributes: ["alpha": 0.25, "beta": 0.4],
      inputs: [.activation([2, 3, 4, 5], in: -4...4, avoiding: [-1.6, 2.4])]),
    .init(
      "falling", opset: 1, attributes: ["alpha": -0.5, "consumed_inputs": [0]],
      inputs: [.activation([2, 9], in: -4...4, avoiding: [-1, 1])]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(HardSigmoid.self, example) { example, inputs in
      let (alpha, beta) = (
        example.float("alpha", default: 0.2), example.float("beta", default: 0.5)
      )
      return [inputs[0]!.map { min(max(alpha * $0 + beta, 0), 1) }]
    }
  }
}
