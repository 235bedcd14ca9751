import Foundation
import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct LpNormalizationTests {
  static let cases: [OperatorCase] = [
    .init("vectors", inputs: [.activation([3, 11])]),
    .init("weights", inputs: [.parameter([5, 7])]),
    .init("channels", attributes: ["axis": 1], inputs: [.activation([2, 3, 4, 5])]),
    .init("rows from the end", attributes: ["axis": -2], inputs: [.activation([2, 3, 4, 5])]),
    .init("magnitudes", attributes: ["p": 1], inputs: [.activation([3, 11], avoiding: [0])]),
    .init(
      "magnitudes of channels", attributes: ["p": 1, "axis": 1],
      inputs: [.activation([2, 3, 3, 5], avoiding: [0])]),
    .init("one element", inputs: [.activation([1, 1], avoiding: [0])]),
    .init("nothing", inputs: [.activation([0, 3])]),
    .init(
      "more than one task", attributes: ["axis": 1], inputs: [.activation([3, 7, 41, 43])]),
    .init("newest", opset: 22, inputs: [.activation([2, 9])]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(LpNormalization.self, example) { example, inputs in
      let x = inputs[0]!
      let given = example.int("axis", default: -1)
      let axis = given < 0 ? given + x.shape.rank : given
      let line = { (index: [Int]) in index.indices.map { $0 == axis ? 0 : index[$0] } }
      var sums: [[Int]: Double] = [:]
      let squares = example.int("p", default: 2) == 2
      for (offset, index) in x.indices.enumerated() {
        let value = x.values[offset]
        sums[line(index), default: 0] += squares ? value * value : abs(value)
      }
      var y = x
      for (offset, index) in x.indices.enumerated() {
        let sum = sums[line(index)]!
        y.values[offset] = x.values[offset] / (squares ? sum.squareRoot() : sum)
      }
      return [y]
    }
  }

  @Test func leavesZerosAndTheirGradientAlone() throws {
    let op = try decoded(LpNormalization.self)
    guard
      case .floats(let y)? = try op.fold([.constant(.floats(Tensor([2, 2], [0, 0, 3, 4])))])?[0]
    else {
      Issue.record("weights are not folded")
      return
    }
    #expect(y == Tensor([2, 2], [0, 0, 0.6, 0.8]))
    #expect(try op.fold([.activation([2, 2])]) == nil)
  }

  @Test func refusesOtherNorms() throws {
    #expect(throws: ONNXError("attribute p is 3; the specification has norms 1 and 2")) {
      try decoded(LpNormalization.self, ["p": 3])
    }
    #expect(
      throws: ShapeError(
        "axis is 2, but the input has shape [2, 3]: axes go from -2 to 1")
    ) {
      try decoded(LpNormalization.self, ["axis": 2]).outputShapes(for: [[2, 3]])
    }
  }
}
