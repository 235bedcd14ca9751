import Foundation
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct EluTests {
  static let cases: [OperatorCase] = [
    .init("images", inputs: [.activation([2, 3, 5, 7], avoiding: [0])]),
    .init("vectors", attributes: ["alpha": 0.5], inputs: [.activation([3, 11], avoiding: [0])]),
    .init("one element", inputs: [.activation([1, 1, 1, 1], avoiding: [0])]),
    .init("scalar", inputs: [.activation([], avoiding: [0])]),
    .init("nothing", inputs: [.activation([0, 3])]),
    .init(
      "negative alpha", attributes: ["alpha": -0.5], inputs: [.activation([2, 9], avoiding: [0])]),
    .init(
      "more than one task", attributes: ["alpha": 2.0],
      inputs: [.activation([3, 5, 65, 64], avoiding: [0])]),
    .init(
      "old", opset: 1, attributes: ["consumed_inputs": [0]],
      inputs: [.activation([2, 3], avoiding: [0])]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    let alpha = example.float("alpha", default: 1)
    try checkOperator(Elu.self, example) { example, inputs in
      [inputs[0]!.map { $0 > 0 ? $0 : alpha * expm1($0) }]
    }
  }
}
