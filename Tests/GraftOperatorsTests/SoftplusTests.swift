import Foundation
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct SoftplusTests {
  static let cases: [OperatorCase] = [
    .init("images", inputs: [.activation([2, 3, 5, 7])]),
    .init("vectors", inputs: [.activation([3, 11])]),
    .init("one element", inputs: [.activation([1, 1, 1, 1])]),
    .init("scalar", inputs: [.activation([])]),
    .init("nothing", inputs: [.activation([0, 3])]),
    .init("more than one task", inputs: [.activation([3, 5, 65, 64])]),
    .init("far out", inputs: [.floats([4], [-200, -20, 20, 200])]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(Softplus.self, example) { example, inputs in
      [inputs[0]!.map { log1p(exp($0)) }]
    }
  }
}
