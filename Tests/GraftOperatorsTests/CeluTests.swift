import Foundation
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct CeluTests {
  static let cases: [OperatorCase] = [
    .init(
      "images", opset: 12, inputs: [.activation([2, 3, 5, 7], in: -4...4)], exportOpsets: [22]),
    .init("scalar", opset: 12, inputs: [.activation([])], exportOpsets: [22]),
    .init("nothing", opset: 12, inputs: [.activation([0, 3])], exportOpsets: [22]),
    .init(
      "far out", opset: 12, inputs: [.floats([1, 4], [-90, -20, 20, 80])], exportOpsets: [22]),
    .init(
      "more than one task", opset: 12, inputs: [.activation([3, 5, 65, 64])], exportOpsets: [22]),
    .init(
      "given numbers", opset: 12, attributes: ["alpha": 0.5],
      inputs: [.activation([3, 11])], exportOpsets: [22]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    let alpha = example.float("alpha", default: 1)
    try checkOperator(Celu.self, example) { example, inputs in
      [inputs[0]!.map { $0 > 0 ? $0 : alpha * expm1($0 / alpha) }]
    }
  }

  @Test func refusesToDivideByZero() {
    #expect(
      FileNode(opset: 12, ["alpha": 0.0], inputs: [.activation([2])]).refusal(Celu.self)
        == "attribute alpha is 0; expected any other number")
  }
}
