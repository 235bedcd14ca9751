import Foundation
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct ExpTests {
  static let cases = OperatorCase.elementwise() + [.consuming()]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(Exp.self, example) { example, inputs in
      [inputs[0]!.map { exp($0) }]
    }
  }
}
