import Foundation
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct SeluTests {
  static let cases: [OperatorCase] = [
    .init(
      "images", opset: 6, inputs: [.activation([2, 3, 5, 7], in: -4...4, avoiding: [0])],
      exportOpsets: [22]),
    .init("scalar", opset: 6, inputs: [.activation([], avoiding: [0])], exportOpsets: [22]),
    .init("nothing", opset: 6, inputs: [.activation([0, 3])], exportOpsets: [22]),
    .init("far out", opset: 6, inputs: [.floats([1, 4], [-90, -20, 20, 80])], exportOpsets: [22]),
    .init(
      "more than one task", opset: 6, inputs: [.activation([3, 5, 65, 64], avoiding: [0])],
      exportOpsets: [22]),
    .init(
      "given numbers", opset: 6, attributes: ["alpha": 2.0, "gamma": 3.0],
      inputs: [.activation([3, 11], avoiding: [0])], exportOpsets: [22]),
    .init(
      "old", opset: 1, attributes: ["consumed_inputs": [0]],
      inputs: [.activation([2, 3], avoiding: [0])]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    let isOld = example.opset < 6
    let alpha = example.float("alpha", default: isOld ? 1.6732 : 1.6732632423543772)
    let gamma = example.float("gamma", default: isOld ? 1.0507 : 1.0507009873554805)
    try checkOperator(Selu.self, example) { example, inputs in
      [inputs[0]!.map { gamma * ($0 > 0 ? $0 : alpha * expm1($0)) }]
    }
  }
}
