import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct GroupNormalizationTests {
  static let cases: [OperatorCase] = [
    .init(
      "images", opset: 21, attributes: ["num_groups": 2, "stash_type": 1],
      inputs: [.activation([2, 6, 4, 5]), .parameter([6]), .parameter([6], seed: 5)],
      exportOpsets: [28]),
    .init(
      "a scale for each group", opset: 18, attributes: ["num_groups": 3, "epsilon": 0.1],
      inputs: [.activation([3, 6, 2, 3]), .parameter([3]), .parameter([3], seed: 5)],
      exportOpsets: [20]),
    .init(
      "one group of lines", opset: 21, attributes: ["num_groups": 1],
      inputs: [.activation([2, 3, 5]), .parameter([3]), .parameter([3], seed: 5)],
      exportOpsets: [22]),
    .init(
      "nothing", opset: 21, attributes: ["num_groups": 3],
      inputs: [.activation([0, 3, 2, 2]), .parameter([3]), .parameter([3], seed: 5)],
      exportOpsets: [22]),
    .init(
      "more than one task", opset: 21, attributes: ["num_groups": 10],
      inputs: [.activation([2, 40, 33, 31]), .parameter([40]), .parameter([40], seed: 5)],
      exportOpsets: [22]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(GroupNormalization.self, example) { example, inputs in
      [
        naiveGroupNormalization(
          inputs[0]!, groups: example.int("num_groups", default: 1), scale: inputs[1]!.values,
          bias: inputs[2]!.values, epsilon: example.float("epsilon", default: Double(Float(1e-5))))
      ]
    }
  }

  @Test func refusesWhatDoesNotFit() throws {
    let halves = try decoded(GroupNormalization.self, opset: 21, ["num_groups": 2])
    #expect(throws: ShapeError("X [2, 3, 4] has 3 channels, which make no 2 groups")) {
      try halves.outputShapes(for: [[2, 3, 4], [3], [3]])
    }
    #expect(throws: ShapeError("bias has shape [2]; expected [4] for X [2, 4, 4]")) {
      try halves.outputShapes(for: [[2, 4, 4], [4], [2]])
    }
    #expect(throws: ONNXError("attribute num_groups is missing")) {
      try decoded(GroupNormalization.self, opset: 21)
    }
    #expect(throws: ONNXError("attribute num_groups is 0; expected at least 1")) {
      try decoded(GroupNormalization.self, opset: 21, ["num_groups": 0])
    }
  }
}
