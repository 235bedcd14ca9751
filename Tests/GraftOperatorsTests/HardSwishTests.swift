import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct HardSwishTests {
  static let cases: [OperatorCase] = [
    .init(
      "images", opset: 14, inputs: [.activation([2, 3, 5, 7], in: -5...5, avoiding: [-3, 3])]),
    .init("vectors", opset: 14, inputs: [.activation([3, 11], in: -5...5, avoiding: [-3, 3])]),
    .init(
      "one element", opset: 14, inputs: [.activation([1, 1, 1, 1], in: -5...5, avoiding: [-3, 3])]),
    .init("scalar", opset: 14, inputs: [.activation([], in: -5...5, avoiding: [-3, 3])]),
    .init("nothing", opset: 14, inputs: [.activation([0, 3], in: -5...5, avoiding: [-3, 3])]),
    .init(
      "more than one task", opset: 14,
      inputs: [.activation([3, 5, 65, 64], in: -5...5, avoiding: [-3, 3])]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(HardSwish.self, example) { example, inputs in
      [inputs[0]!.map { $0 * min(max($0 / 6 + 0.5, 0), 1) }]
    }
  }
}
