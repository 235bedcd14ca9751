import Foundation
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct GeluTests {
  static let cases: [OperatorCase] = [
    .init("images", opset: 20, inputs: [.activation([2, 3, 5, 7], in: -4...4)]),
    .init(
      "with tanh", opset: 20, attributes: ["approximate": "tanh"],
      inputs: [.activation([2, 3, 5, 7], in: -4...4)]),
    .init("scalar", opset: 20, inputs: [.activation([])]),
    .init("nothing", opset: 20, inputs: [.activation([0, 3])]),
    .init("far out", opset: 20, inputs: [.floats([4], [-30, -9, 9, 30])]),
    .init("more than one task", opset: 20, inputs: [.activation([3, 5, 65, 64])]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    let isApproximate = example.string("approximate") == "tanh"
    try checkOperator(Gelu.self, example) { example, inputs in
      [
        inputs[0]!.map { x in
          isApproximate
            ? x / 2 * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
            : x / 2 * (1 + erf(x / 2.0.squareRoot()))
        }
      ]
    }
  }

  @Test func refusesAnotherFormula() {
    #expect(throws: ONNXError("attribute approximate is \"fast\"; expected none or tanh")) {
      try decoded(Gelu.self, opset: 20, ["approximate": .string("fast")])
    }
  }
}
