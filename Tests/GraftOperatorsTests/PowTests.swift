import Foundation
import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct PowTests {
  static func example(
    _ name: String, _ shape: Shape, in range: ClosedRange<Float> = 0.5...2, to exponent: Float
  ) -> OperatorCase {
    .init(
      name, inputs: [.activation(shape, in: range), .scalar(exponent)])
  }

  static let cases: [(OperatorCase, Double)] = [
    (example("squares", [2, 3, 5, 7], in: -2...2, to: 2), 2),
    (example("cubes", [3, 11], in: -2...2, to: 3), 3),
    (example("roots", [2, 9], to: 0.5), 0.5),
    (example("nothing", [0, 3], to: 2), 2),
    (example("scalar", [], to: -1.5), -1.5),
    (example("more than one task", [3, 5, 65, 64], to: 2), 2),
  ]

  @Test func refusesSeveralExponents() {
    #expect(throws: ONNXError("input Y has shape [2]; expected one number")) {
      try decoded(Pow.self, inputs: [.activation([2]), .floats(Tensor([2], [1, 2]))])
    }
  }

  @Test(arguments: cases) func contract(_ example: OperatorCase, exponent: Double) throws {
    try checkOperator(Pow.self, example) { example, inputs in
      [inputs[0]!.map { pow($0, exponent) }]
    }
  }
}
