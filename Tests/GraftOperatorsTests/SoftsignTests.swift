import Foundation
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct SoftsignTests {
  static let cases: [OperatorCase] = [
    .init(
      "images", opset: 1, inputs: [.activation([2, 3, 5, 7], in: -4...4)], exportOpsets: [22]),
    .init("scalar", opset: 1, inputs: [.activation([])], exportOpsets: [22]),
    .init("nothing", opset: 1, inputs: [.activation([0, 3])], exportOpsets: [22]),
    .init("far out", opset: 1, inputs: [.floats([1, 4], [-90, -20, 20, 80])], exportOpsets: [22]),
    .init(
      "more than one task", opset: 1, inputs: [.activation([3, 5, 65, 64])], exportOpsets: [22]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(Softsign.self, example) { example, inputs in
      [inputs[0]!.map { $0 / (1 + abs($0)) }]
    }
  }
}
