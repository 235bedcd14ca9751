import Foundation
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct SwishTests {
  static let cases: [OperatorCase] = [
    .init(
      "images", opset: 24, inputs: [.activation([2, 3, 5, 7], in: -4...4)], exportOpsets: [24]),
    .init("scalar", opset: 24, inputs: [.activation([])], exportOpsets: [24]),
    .init("nothing", opset: 24, inputs: [.activation([0, 3])], exportOpsets: [24]),
    .init(
      "far out", opset: 24, inputs: [.floats([1, 4], [-90, -20, 20, 80])], exportOpsets: [24]),
    .init(
      "more than one task", opset: 24, inputs: [.activation([3, 5, 65, 64])], exportOpsets: [24]),
    .init(
      "given numbers", opset: 24, attributes: ["alpha": -1.5],
      inputs: [.activation([3, 11])], exportOpsets: [24]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    let alpha = example.float("alpha", default: 1)
    try checkOperator(Swish.self, example) { example, inputs in
      [inputs[0]!.map { $0 / (1 + exp(-alpha * $0)) }]
    }
  }
}
