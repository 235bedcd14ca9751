import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct PReluTests {
  static let cases: [OperatorCase] = [
    .init(
      "per channel", inputs: [.activation([2, 3, 5, 7], avoiding: [0]), .parameter([3, 1, 1])]),
    .init(
      "per channel, rank 4",
      inputs: [.activation([2, 3, 5, 7], avoiding: [0]), .parameter([1, 3, 1, 1])]),
    .init("one slope", inputs: [.activation([2, 3, 5, 7], avoiding: [0]), .parameter([1])]),
    .init("each its own", inputs: [.activation([2, 4], avoiding: [0]), .parameter([2, 4])]),
    .init("last axis", inputs: [.activation([2, 3, 5, 7], avoiding: [0]), .parameter([7])]),
    .init(
      "computed slope",
      inputs: [.activation([3, 5, 7, 3], avoiding: [0]), .activation([3, 5, 1, 1], seed: 9)]),
    .init(
      "per pixel", inputs: [.activation([3, 2, 5, 7], avoiding: [0]), .parameter([1, 5, 7])]),
    .init("scalar slope", inputs: [.activation([2, 3, 5, 7], avoiding: [0]), .scalar(0.3)]),
    .init(
      "more than one task",
      inputs: [.activation([3, 5, 65, 64], avoiding: [0]), .parameter([5, 1, 1])]),
    .init(
      "old, one slope", opset: 6,
      inputs: [.activation([2, 3, 5, 7], avoiding: [0]), .parameter([1])]),
    .init(
      "old, per channel", opset: 1, attributes: ["consumed_inputs": [0, 0]],
      inputs: [.activation([2, 3, 5, 7], avoiding: [0]), .parameter([3])], exportOpsets: []),
    .init(
      "old, matrix", opset: 6, inputs: [.activation([4, 3], avoiding: [0]), .parameter([3])]),
    .init("one element", inputs: [.floats([1, 1, 1, 1], [-2]), .parameter([1, 1, 1])]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(PRelu.self, example) { example, inputs in
      var slope = inputs[1]!
      let rank = inputs[0]!.shape.rank
      if example.opset < 7, slope.shape.rank == 1, slope.values.count > 1 {
        let ones = [Int](repeating: 1, count: rank - 2)
        slope = DoubleTensor(Shape(slope.shape.dimensions + ones), slope.values)
      }
      return [.broadcast(inputs[0]!, slope) { $0 > 0 ? $0 : $0 * $1 }]
    }
  }

  @Test func refusesALargerSlope() throws {
    let op = try decoded(PRelu.self)
    #expect(throws: ShapeError("slope [2, 3] is larger than X [3]")) {
      try op.outputShapes(for: [[3], [2, 3]])
    }
  }

  @Test func slopesAreWeights() throws {
    #expect(try decoded(PRelu.self).role(ofInput: 1, shape: [3, 1, 1]) == .weight)
  }
}
