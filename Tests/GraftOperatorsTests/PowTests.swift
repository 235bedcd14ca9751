import Foundation
import GraftGraph
import GraftKernels
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct PowTests {
  static func example(
    _ name: String, _ shape: Shape, in range: ClosedRange<Float> = 0.5...2, to exponent: Float
  ) -> OperatorCase {
    .init(
      name, inputs: [.activation(shape, in: range), .scalar(exponent)])
  }

  static let cases: [(OperatorCase, Double)] = [
    (example("squares", [2, 3, 5, 7], in: -2...2, to: 2), 2),
    (example("cubes", [3, 11], in: -2...2, to: 3), 3),
    (example("roots", [2, 9], to: 0.5), 0.5),
    (example("nothing", [0, 3], to: 2), 2),
    (example("scalar", [], to: -1.5), -1.5),
    (example("more than one task", [3, 5, 65, 64], to: 2), 2),
  ]

  @Test func refusesSeveralExponents() {
    #expect(throws: ONNXError("input Y has shape [2]; expected one number")) {
      try decoded(Pow.self, inputs: [.activation([2]), .floats(Tensor([2], [1, 2]))])
    }
    #expect(throws: ONNXError("input Y has 2 numbers; expected one")) {
      let exponents = IntegerTensor([1, 2])
      return try decoded(
        Pow.self,
        inputs: [.activation([2]), .integers(forBatch2: exponents, forBatch3: exponents)])
    }
    #expect(throws: ONNXError("input Y is missing; expected the exponent")) {
      try decoded(Pow.self, inputs: [.activation([2])])
    }
  }

  @Test func readsAnIntegerExponent() throws {
    let op = try FileNode(inputs: [.activation([2]), .ints([3])]).read(Pow.self)
    #expect(op.function == .power(3))
  }

  private func folded(_ x: FoldingInput, _ y: FoldingInput) throws -> [Constant]? {
    let inputs = [OperatorInput.ints([0]), .ints([0])]
    return try FileNode(inputs: inputs).read(Pow.self).fold([x, y])
  }

  @Test func foldsWithTheTypeOfTheBase() throws {
    #expect(
      try folded(.floats([2, 3], [1, 2, 3, 4, 5, 6]), .floats([3], [0, 1, 2]))
        == [.floats([2, 3], [1, 2, 9, 1, 5, 36])])
    #expect(try folded(.floats([3], [4, 9, 16]), .floats([], [0.5])) == [.floats([3], [2, 3, 4])])
    #expect(try folded(.floats([2], [2, 3]), .ints(3, -1)) == [.floats([2], [8, 1 / 3])])
    #expect(try folded(.ints(2, -3, 10), .ints(62, 3, 0)) == [.ints(1 << 62, -27, 1)])
    #expect(try folded(.ints(2, 1, -1, -1), .ints(-1, -5, -2, -3)) == [.ints(0, 1, 1, -1)])
    #expect(try folded(.ints(2, 3), .floats([2], [0.5, 2.5])) == [.ints(1, 15)])
    #expect(try folded(.activation([2]), .floats([2], [1, 2])) == nil)
    // One power of floats is computed as at run time.
    let plain = try FileNode(inputs: [.constant([2], [1, 2]), .scalar(2)]).read(Pow.self)
    #expect(plain.function == .power(2))
    #expect(try plain.fold([.floats([2], [1, 2]), .floats([], [2])]) == nil)
  }

  @Test func refusesToFoldWhatFitsNoInteger() throws {
    let op = try FileNode(inputs: [.ints([0]), .ints([0])]).read(Pow.self)
    let refusal = "Pow of constants gives a number that is no integer of 64 bits"
    #expect(foldingRefusal(op, [.ints(2), .ints(63)]) == refusal)
    #expect(foldingRefusal(op, [.ints(0), .ints(-1)]) == refusal)
    #expect(foldingRefusal(op, [.ints(-4), .floats([], [0.5])]) == refusal)
    let long = FoldingInput.floats([300, 1], [Float](repeating: 1, count: 300))
    #expect(
      foldingRefusal(op, [long, .floats([300], [Float](repeating: 1, count: 300))])
        == "Pow of constants [300, 1] and [300] gives 90000 numbers; graft folds up to 65536")
  }

  @Test(arguments: cases) func contract(_ example: OperatorCase, exponent: Double) throws {
    try checkOperator(Pow.self, example) { example, inputs in
      [inputs[0]!.map { pow($0, exponent) }]
    }
  }
}
