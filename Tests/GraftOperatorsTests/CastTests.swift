import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct CastTests {
  static let cases: [OperatorCase] = [
    .init("to float", attributes: ["to": 1], inputs: [.activation([2, 3, 4, 5])]),
    .init("to float16", attributes: ["to": 10], inputs: [.activation([2, 3])]),
    .init("to double, by name", opset: 1, attributes: ["to": "DOUBLE"], inputs: [.activation([3])]),
    .init(
      "saturating", opset: 19, attributes: ["to": 1, "saturate": 1], inputs: [.activation([1])]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(Cast.self, example) { _, inputs in [inputs[0]!] }
  }

  @Test func refusesTypes() {
    #expect(FileNode().refusal(Cast.self) == "attribute to is missing")
    #expect(
      FileNode(["to": 8]).refusal(Cast.self)
        == "attribute to is 8 (string); graft casts to float, double, float16, bfloat16, bool and "
        + "integers")
    #expect(
      FileNode(["to": 99]).refusal(Cast.self)
        == "attribute to is 99; graft casts to float, double, float16, bfloat16, bool and integers")
    #expect(
      FileNode(opset: 1, ["to": "FLOAT128"]).refusal(Cast.self)
        == "attribute to is \"FLOAT128\"; graft casts to float, double, float16, bfloat16, bool "
        + "and integers")
    #expect(
      FileNode(["to": 7]).refusal(Cast.self, [[2]])
        == "Cast to int64 of a value computed at run time; graft computes in float and casts to "
        + "integers only constants")
  }

  @Test func folds() throws {
    #expect(try Cast(to: .int64).fold([.ints(1, -2)]) == [.ints(1, -2)])
    #expect(try Cast(to: .bool).fold([.ints(3, 0)]) == [.ints(1, 0)])
    #expect(try Cast(to: .float).fold([.ints(3, -1)]) == [.floats([2], [3, -1])])
    #expect(try Cast(to: .int32).fold([.floats([3], [1.9, -1.9, 0])]) == [.ints(1, -1, 0)])
    #expect(try Cast(to: .bool).fold([.floats([2], [0.5, 0])]) == [.ints(1, 0)])
    #expect(try Cast(to: .float16).fold([.floats([1], [0.5])]) == [.floats([1], [0.5])])
    #expect(try Cast(to: .int64).fold([.activation([2])]) == nil)
  }

  @Test func refusesNumbersThatDoNotFit() {
    #expect(
      foldingRefusal(Cast(to: .int8), [.ints(128)])
        == "Cast of 128 to int8, which goes from -128 to 127")
    #expect(
      foldingRefusal(Cast(to: .uint8), [.floats([1], [-1])])
        == "Cast of -1.0 to uint8, which goes from 0 to 255")
    #expect(
      foldingRefusal(Cast(to: .int32), [.floats([1], [.nan])])
        == "Cast of nan to int32, which goes from -2147483648 to 2147483647")
  }
}
