import Foundation
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct ThresholdedReluTests {
  static let cases: [OperatorCase] = [
    .init(
      "images", opset: 10, inputs: [.activation([2, 3, 5, 7], in: -4...4, avoiding: [1])],
      exportOpsets: [22]),
    .init("scalar", opset: 10, inputs: [.activation([], avoiding: [1])], exportOpsets: [22]),
    .init("nothing", opset: 10, inputs: [.activation([0, 3])], exportOpsets: [22]),
    .init(
      "far out", opset: 10, inputs: [.floats([1, 4], [-90, -20, 20, 80])], exportOpsets: [22]),
    .init(
      "more than one task", opset: 10, inputs: [.activation([3, 5, 65, 64], avoiding: [1])],
      exportOpsets: [22]),
    .init(
      "given numbers", opset: 10, attributes: ["alpha": -0.5],
      inputs: [.activation([3, 11], avoiding: [-0.5])], exportOpsets: [22]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    let alpha = example.float("alpha", default: 1)
    try checkOperator(ThresholdedRelu.self, example) { example, inputs in
      [inputs[0]!.map { $0 > alpha ? $0 : 0 }]
    }
  }
}
