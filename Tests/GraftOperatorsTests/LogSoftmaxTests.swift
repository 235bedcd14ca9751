import Foundation
import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct LogSoftmaxTests {
  static let cases: [OperatorCase] = [
    .init("logits", inputs: [.activation([4, 7])]),
    .init("large logits", inputs: [.floats([2, 3], [1000, 999, -1000, -80, 0, 80])]),
    .init("channels", attributes: ["axis": 1], inputs: [.activation([2, 3, 4, 5])]),
    .init("from the end", attributes: ["axis": -2], inputs: [.activation([2, 3, 4])]),
    .init("images", attributes: ["axis": 0], inputs: [.activation([3, 4])]),
    .init("columns", attributes: ["axis": 3], inputs: [.activation([3, 2, 3, 5])]),
    .init("rows", attributes: ["axis": -2], inputs: [.activation([2, 3, 5, 7])]),
    .init("channels, odd", attributes: ["axis": -3], inputs: [.activation([3, 5, 7, 3])]),
    .init(
      "more than one task", attributes: ["axis": 1], inputs: [.activation([3, 7, 41, 43])]),
    .init("many classes", inputs: [.activation([5, 1003])]),
    .init("one class", inputs: [.activation([3, 1])]),
    .init("one element", inputs: [.activation([1])]),
    .init("old, logits", opset: 1, inputs: [.activation([4, 7])]),
    .init("old, one pixel", opset: 11, inputs: [.activation([2, 5, 1, 1])]),
    .init("old, last", opset: 11, attributes: ["axis": -1], inputs: [.activation([2, 3, 4])]),
    .init("old, second", opset: 12, attributes: ["axis": 1], inputs: [.activation([2, 1, 4, 1])]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(LogSoftmax.self, example) { example, inputs in
      let x = inputs[0]!
      let given = example.int("axis", default: example.opset < 13 ? 1 : -1)
      let axis = given < 0 ? given + x.shape.rank : given
      // Before opset 13 everything from the axis on is one line.
      let line = { (index: [Int]) in
        example.opset < 13
          ? Array(index[..<axis]) : index.indices.map { $0 == axis ? 0 : index[$0] }
      }
      var top: [[Int]: Double] = [:]
      for (offset, index) in x.indices.enumerated() {
        top[line(index)] = max(top[line(index)] ?? -.infinity, x.values[offset])
      }
      var sum: [[Int]: Double] = [:]
      for (offset, index) in x.indices.enumerated() {
        sum[line(index), default: 0] += exp(x.values[offset] - top[line(index)]!)
      }
      var y = x
      for (offset, index) in x.indices.enumerated() {
        let line = line(index)
        y.values[offset] = x.values[offset] - top[line]! - log(sum[line]!)
      }
      return [y]
    }
  }

  @Test func refusesSeveralAxesAtOnce() {
    #expect(
      throws: ONNXError(
        "attribute axis is 1, which before opset 13 takes [3, 4] as one list; graft reads one axis. "
          + "Convert the network to opset 13, or flatten it before")
    ) { try decoded(LogSoftmax.self, opset: 11, inputs: [.activation([2, 3, 4])]) }
  }

  @Test func refusesAxesOutside() throws {
    let op = try decoded(LogSoftmax.self, ["axis": 2])
    #expect(throws: ShapeError("axis 2 of an input [3, 4]; expected -2 to 1")) {
      try op.outputShapes(for: [[3, 4]])
    }
  }
}
