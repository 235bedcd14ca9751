import Foundation
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct LogTests {
  static let cases = OperatorCase.elementwise(in: 0.5...4) + [.consuming()]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(Log.self, example) { example, inputs in
      [inputs[0]!.map { log($0) }]
    }
  }
}
