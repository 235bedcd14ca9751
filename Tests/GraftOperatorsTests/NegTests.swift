import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct NegTests {
  static let cases = OperatorCase.elementwise() + [.consuming()]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(Neg.self, example) { example, inputs in
      [inputs[0]!.map { -$0 }]
    }
  }
}
