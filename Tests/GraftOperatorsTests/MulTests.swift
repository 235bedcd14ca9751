import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct MulTests {
  static let cases: [OperatorCase] = [
    .init("same shape", inputs: [.activation([2, 3, 5, 7]), .activation([2, 3, 5, 7], seed: 9)]),
    .init("per channel", inputs: [.activation([2, 3, 5, 7]), .parameter([1, 3, 1, 1])]),
    .init("per channel, rank 3", inputs: [.activation([2, 3, 5, 7]), .parameter([3, 1, 1])]),
    .init("many channels", inputs: [.activation([2, 70, 3, 3]), .parameter([1, 70, 1, 1])]),
    .init("many pixels", inputs: [.activation([3, 2, 80, 81]), .parameter([2, 1, 1])]),
    .init("constant first", inputs: [.parameter([1, 3, 1, 1]), .activation([2, 3, 5, 7])]),
    .init("per image", inputs: [.activation([2, 3, 5, 7]), .activation([2, 3, 1, 1], seed: 9)]),
    .init("per pixel", inputs: [.activation([2, 3, 5, 7]), .activation([2, 1, 5, 7], seed: 9)]),
    .init("picture", inputs: [.activation([2, 3, 5, 7]), .parameter([1, 3, 5, 7])]),
    .init("row", inputs: [.activation([2, 3, 5, 7]), .parameter([7])]),
    .init("scalar", inputs: [.activation([2, 3, 5, 7]), .scalar(1.5)]),
    .init("scalar first", inputs: [.scalar(1.5), .activation([3, 4])]),
    .init("matrix and vector", inputs: [.activation([4, 6]), .parameter([6])]),
    .init("both repeated", inputs: [.activation([4, 1, 3]), .activation([1, 5, 3], seed: 9)]),
    .init("one element", inputs: [.activation([1]), .activation([1], seed: 9)]),
    .init("nothing", inputs: [.activation([0, 3]), .parameter([3])]),
    .init("scalars", inputs: [.activation([]), .activation([], seed: 9)]),
    .init(
      "large", inputs: [.activation([2, 3, 110, 101]), .activation([2, 3, 110, 101], seed: 9)]),
    .init(
      "images repeated",
      inputs: [.activation([1, 3, 5, 7]), .activation([2, 3, 5, 7], seed: 9)]),
    .init(
      "rows and columns",
      inputs: [.activation([3, 1, 5, 1]), .activation([1, 4, 1, 7], seed: 9)]),
    .init(
      "channel apart",
      inputs: [.activation([3, 5, 3, 5]), .activation([3, 1, 3, 1], seed: 9)]),
    .init(
      "one element, rank 4",
      inputs: [.activation([1, 1, 1, 1]), .parameter([1, 1, 1, 1])]),
    .init(
      "old, equal", opset: 1, attributes: ["consumed_inputs": [0, 0]],
      inputs: [.activation([2, 3]), .activation([2, 3], seed: 9)]),
    .init(
      "old, trailing", opset: 6, attributes: ["broadcast": 1],
      inputs: [.activation([2, 3, 4, 5]), .parameter([4, 5])]),
    .init(
      "old, axis at the end", opset: 6, attributes: ["broadcast": 1, "axis": 2],
      inputs: [.activation([2, 3, 4, 5]), .parameter([4, 5])]),
    .init(
      "old, axis of channels", opset: 6, attributes: ["broadcast": 1, "axis": 1],
      inputs: [.activation([2, 3, 4, 5]), .parameter([3])], exportOpsets: []),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(Mul.self, example) { example, inputs in
      [.broadcast(inputs[0]!, example.alignedSecondInput(inputs[1]!)) { $0 * $1 }]
    }
  }

  @Test func foldsIntegers() throws {
    let op = try decoded(Mul.self)
    let result = try op.fold([
      .constant(.integers(IntegerTensor(dimensions: [2, 1], values: [7, -9]))),
      .constant(.integers(IntegerTensor([2, 3]))),
    ])
    #expect(result == [.integers(IntegerTensor(dimensions: [2, 2], values: [14, 21, -18, -27]))])
    #expect(try op.fold([.activation([2]), .constant(.integers(IntegerTensor([2])))]) == nil)
  }

  @Test func refusesOverflow() throws {
    let op = try decoded(Mul.self)
    #expect(
      throws: ShapeError("Mul of the constants 9223372036854775807 and 2 does not fit 64 bits")
    ) {
      try op.fold([
        .constant(.integers(IntegerTensor([.max]))), .constant(.integers(IntegerTensor([2]))),
      ])
    }
  }

  @Test func namesTheRoleOfConstants() throws {
    let op = try decoded(Mul.self)
    #expect(op.role(ofInput: 1, shape: [3, 1, 1]) == .scale)
    #expect(op.role(ofInput: 1, shape: []) == .buffer)
  }

  @Test func refusesShapesThatDoNotMeet() throws {
    let op = try decoded(Mul.self)
    #expect(
      throws: ShapeError(
        "inputs [2, 3] and [2] cannot be combined: 3 meets 2; expected equal extents or 1")
    ) { try op.outputShapes(for: [[2, 3], [2]]) }
  }

  @Test func refusesOldNodesWithoutBroadcast() {
    #expect(
      throws: ONNXError(
        "inputs [2, 3] and [3] differ and attribute broadcast is 0; expected equal shapes, or "
          + "broadcast 1")
    ) { try decoded(Mul.self, opset: 6, inputs: [.activation([2, 3]), .activation([3])]) }
  }
}
