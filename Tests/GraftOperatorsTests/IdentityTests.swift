import GraftGraph
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct IdentityTests {
  static let cases: [OperatorCase] = [
    .init("image", inputs: [.activation([2, 3, 4, 5])]),
    .init("odd", inputs: [.activation([3, 5, 7, 9])]),
    .init("vector", inputs: [.activation([7])]),
    .init("one element", opset: 1, inputs: [.activation([1, 1, 1, 1])]),
    .init("parameter", inputs: [.parameter([2, 3, 2, 2])]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(Identity.self, example) { _, inputs in [inputs[0]!] }
  }

  @Test func foldsConstantsOnly() throws {
    #expect(try Identity().fold([.ints(1, 2)]) == [.ints(1, 2)])
    #expect(try Identity().fold([.floats([2], [1, 2])]) == [.floats([2], [1, 2])])
    #expect(try Identity().fold([.activation([1, 2])]) == nil)
  }
}
