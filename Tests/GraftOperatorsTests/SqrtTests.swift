import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct SqrtTests {
  static let cases = OperatorCase.elementwise(in: 0.5...4) + [.consuming()]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(Sqrt.self, example) { example, inputs in
      [inputs[0]!.map { $0.squareRoot() }]
    }
  }
}
