import GraftGraph
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct TransposeTests {
  static let cases: [OperatorCase] = [
    .init("matrix", inputs: [.activation([3, 5])]),
    .init("to NHWC", attributes: ["perm": [0, 2, 3, 1]], inputs: [.activation([2, 3, 4, 5])]),
    .init("to NCHW", attributes: ["perm": [0, 3, 1, 2]], inputs: [.activation([2, 4, 5, 3])]),
    .init("reversed", opset: 1, inputs: [.activation([2, 3, 4, 2])]),
    .init("same", attributes: ["perm": [0, 1, 2]], inputs: [.activation([2, 3, 4])]),
    .init(
      "channel shuffle", attributes: ["perm": [0, 2, 1, 3, 4]],
      inputs: [.activation([2, 2, 3, 3, 2])]),
    .init(
      "wider than a tile", attributes: ["perm": [0, 2, 1]], inputs: [.activation([1, 37, 35])]),
    .init(
      "more than one task", attributes: ["perm": [0, 3, 1, 2]],
      inputs: [.activation([3, 31, 29, 37])]),
    .init(
      "images last", attributes: ["perm": [1, 3, 2, 0]], inputs: [.activation([3, 5, 7, 9])]),
    .init("vector", inputs: [.activation([4])]),
    .init("one element", inputs: [.activation([1, 1, 1, 1])]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(Transpose.self, example) { example, inputs in
      let x = inputs[0]!
      let perm = example.ints("perm") ?? Array((0..<x.shape.rank).reversed())
      return [
        .making(Shape(perm.map { x.shape[$0] })) { index in
          var source = index
          for (place, axis) in perm.enumerated() { source[axis] = index[place] }
          return x[at: source]
        }
      ]
    }
  }

  @Test func refusesWhatIsNoPermutation() {
    #expect(
      FileNode(["perm": [0, 2, 2]]).refusal(Transpose.self)
        == "attribute perm is [0, 2, 2]; expected each of 0 to 2 once")
    #expect(
      FileNode(["perm": [1, 0]]).refusal(Transpose.self, [[2, 3, 4]])
        == "perm [1, 0] does not fit the input [2, 3, 4] of rank 3")
  }

  @Test func folds() throws {
    let matrix = Transpose(permutation: nil)
    #expect(
      try matrix.fold([.floats([2, 3], [1, 2, 3, 4, 5, 6])])
        == [.floats([3, 2], [1, 4, 2, 5, 3, 6])])
    #expect(
      try matrix.fold([.integers([2, 3], [1, 2, 3, 4, 5, 6])])
        == [.integers([3, 2], [1, 4, 2, 5, 3, 6])])
    #expect(try matrix.fold([.ints(4, 5, 6)]) == [.ints(4, 5, 6)])
    #expect(try matrix.fold([.activation([2, 3])]) == nil)
  }
}
