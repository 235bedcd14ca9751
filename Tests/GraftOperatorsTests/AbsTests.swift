import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct AbsTests {
  static let cases = OperatorCase.elementwise(avoiding: [0]) + [.consuming()]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(Abs.self, example) { example, inputs in
      [inputs[0]!.map { abs($0) }]
    }
  }
}
