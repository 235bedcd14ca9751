import Foundation
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct SoftplusTests {
  static let cases =
    OperatorCase.elementwise()
    + [OperatorCase("far out", inputs: [.floats([4], [-200, -20, 20, 200])])]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(Softplus.self, example) { example, inputs in
      [inputs[0]!.map { log1p(exp($0)) }]
    }
  }
}
