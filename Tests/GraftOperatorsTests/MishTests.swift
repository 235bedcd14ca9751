import Foundation
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct MishTests {
  static let cases: [OperatorCase] = [
    .init(
      "images", opset: 18, inputs: [.activation([2, 3, 5, 7], in: -4...4)], exportOpsets: [22]),
    .init("scalar", opset: 18, inputs: [.activation([])], exportOpsets: [22]),
    .init("nothing", opset: 18, inputs: [.activation([0, 3])], exportOpsets: [22]),
    .init(
      "far out", opset: 18, inputs: [.floats([1, 4], [-90, -20, 20, 80])], exportOpsets: [22]),
    .init(
      "more than one task", opset: 18, inputs: [.activation([3, 5, 65, 64])], exportOpsets: [22]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(Mish.self, example) { example, inputs in
      [inputs[0]!.map { $0 * tanh(max($0, 0) + log1p(exp(-abs($0)))) }]
    }
  }
}
