import Foundation
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct ErfTests {
  static let cases = OperatorCase.elementwise()

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(Erf.self, example) { example, inputs in
      [inputs[0]!.map { erf($0) }]
    }
  }
}
