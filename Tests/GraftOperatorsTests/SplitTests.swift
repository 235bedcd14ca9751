import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct SplitTests {
  static let cases: [OperatorCase] = [
    .init(
      "channels in halves", attributes: ["axis": 1], inputs: [.activation([2, 6, 3, 5])],
      outputCount: 2),
    .init(
      "given lengths", attributes: ["axis": 1],
      inputs: [.activation([2, 6, 3, 5]), .ints([1, 3, 2])], outputCount: 3),
    .init(
      "as attribute", opset: 11, attributes: ["axis": -1, "split": [2, 3]],
      inputs: [.activation([2, 4, 3, 5])], outputCount: 2, exportOpsets: [11, 17]),
    .init(
      "the last one shorter", opset: 18, attributes: ["axis": 2, "num_outputs": 3],
      inputs: [.activation([2, 3, 7])], outputCount: 3, exportOpsets: [18]),
    .init("one part", attributes: ["axis": 1], inputs: [.activation([3, 4])]),
    .init(
      "one of which is not needed", attributes: ["axis": 1], inputs: [.activation([2, 6])],
      outputCount: 2, differentiableOutputs: [1]),
    .init(
      "more than one task", attributes: ["axis": 1], inputs: [.activation([2, 32, 33, 31])],
      outputCount: 2),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(Split.self, example) { example, inputs in
      let x = inputs[0]!
      let axis = example.int("axis", default: 0)
      let place = axis < 0 ? axis + x.shape.rank : axis
      let extent = x.shape[place]
      let equal = (extent + example.outputCount - 1) / example.outputCount
      let lengths =
        example.ints("split") ?? inputs.dropFirst().first.flatMap { $0?.values.map(Int.init) }
        ?? (0..<example.outputCount).map { min(equal, extent - $0 * equal) }
      var first = 0
      return lengths.map { length in
        var dimensions = x.shape.dimensions
        dimensions[place] = length
        var part = DoubleTensor(zeros: Shape(dimensions))
        for index in part.indices {
          var source = index
          source[place] += first
          part[at: index] = x[at: source]
        }
        first += length
        return part
      }
    }
  }

  /// What is empty already may be cut: only constants are.
  @Test func cutsNothing() throws {
    let op = try decoded(Split.self, opset: 11, ["split": [0, 0]], outputCount: 2)
    #expect(try op.outputShapes(for: [[0, 3]]) == [[0, 3], [0, 3]])
  }

  /// The length of the parts depends on all outputs that the file names, read or not.
  @Test func countsOutputsThatNobodyReads() throws {
    let node = NodeDecoder(
      opType: "Split", opset: 13, attributes: ["axis": 1], inputs: [.activation([2, 6])],
      outputCount: 1, namedOutputCount: 3)
    #expect(try Split(decoding: node).outputShapes(for: [[2, 6]]) == [[2, 2], [2, 2], [2, 2]])
  }

  @Test func refusesWhatDoesNotFit() throws {
    let halves = try decoded(Split.self, ["axis": 1], outputCount: 2)
    #expect(throws: ShapeError("axis 1 of [2, 5] has no 2 equal parts")) {
      try halves.outputShapes(for: [[2, 5]])
    }
    let given = try decoded(Split.self, opset: 11, ["axis": 1, "split": [2, 2]], outputCount: 2)
    #expect(throws: ShapeError("the lengths [2, 2] are not the 5 of axis 1 of [2, 5]")) {
      try given.outputShapes(for: [[2, 5]])
    }
    #expect(throws: ONNXError("2 lengths for 3 outputs; expected as many")) {
      try decoded(Split.self, opset: 11, ["axis": 1, "split": [2, 2]], outputCount: 3)
    }
    #expect(throws: ONNXError("split is [6, -1]; expected lengths of at least 0")) {
      try decoded(Split.self, opset: 11, ["axis": 1, "split": [6, -1]], outputCount: 2)
    }
    let empty = try decoded(Split.self, opset: 11, ["axis": 1, "split": [5, 0]], outputCount: 2)
    #expect(throws: ShapeError("the lengths [5, 0] leave a part of [2, 5] empty")) {
      try empty.outputShapes(for: [[2, 5]])
    }
    #expect(throws: ONNXError("attribute num_outputs is 3, the node has 2 outputs")) {
      try decoded(Split.self, opset: 18, ["num_outputs": 3], outputCount: 2)
    }
  }
}
