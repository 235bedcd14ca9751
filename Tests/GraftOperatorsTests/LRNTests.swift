import Foundation
import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct LRNTests {
  static let cases: [OperatorCase] = [
    .init(
      "AlexNet", attributes: ["size": 5, "alpha": 0.0001], inputs: [.activation([2, 7, 3, 4])]),
    .init(
      "strong", opset: 1, attributes: ["size": 3, "alpha": 0.9, "beta": 0.5, "bias": 2.0],
      inputs: [.activation([2, 5, 3, 4])]),
    .init(
      "even size", attributes: ["size": 4, "alpha": 0.7], inputs: [.activation([1, 6, 2, 3])]),
    .init("size 1", attributes: ["size": 1, "alpha": 0.7], inputs: [.activation([1, 6, 2, 3])]),
    .init(
      "size beyond the channels", attributes: ["size": 9, "alpha": 0.7],
      inputs: [.activation([1, 3, 2, 3])]),
    .init(
      "beta 1, even size, three images",
      attributes: ["size": 2, "alpha": 0.8, "beta": 1.0, "bias": 0.5],
      inputs: [.activation([3, 7, 5, 3])]),
    .init(
      "one element", attributes: ["size": 5, "alpha": 0.7], inputs: [.activation([1, 1, 1, 1])]),
    .init(
      "more than one task", attributes: ["size": 5, "alpha": 0.3],
      inputs: [.activation([2, 30, 21, 20])]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(LRN.self, example) { example, inputs in
      let x = inputs[0]!
      let size = example.int("size", default: 0)
      let alpha = example.float("alpha", default: Double(Float(0.0001)))
      let beta = example.float("beta", default: 0.75)
      let bias = example.float("bias", default: 1)
      var y = x
      for (offset, index) in x.indices.enumerated() {
        let c = index[1]
        let first = c - Int((Double(size - 1) / 2).rounded(.down))
        let last = c + Int((Double(size - 1) / 2).rounded(.up))
        var sum = 0.0
        for i in max(0, first)...min(x.shape[1] - 1, last) {
          let value = x[index[0], i, index[2], index[3]]
          sum += value * value
        }
        y.values[offset] = x.values[offset] / pow(bias + alpha / Double(size) * sum, beta)
      }
      return [y]
    }
  }

  @Test func refusesAMissingSize() {
    #expect(
      throws: ONNXError("attribute size is missing; expected the number of channels of a sum")
    ) { try decoded(LRN.self) }
  }

  @Test func refusesOtherRanks() throws {
    let op = try decoded(LRN.self, ["size": 3])
    #expect(throws: ShapeError("inputs [[2, 3]]; expected one of 4 dimensions, [N, C, H, W]")) {
      try op.outputShapes(for: [[2, 3]])
    }
  }
}
