import GraftGraph
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct ConcatTests {
  static let cases: [OperatorCase] = [
    .init(
      "channels", attributes: ["axis": 1],
      inputs: [.activation([2, 3, 4, 5]), .activation([2, 2, 4, 5], seed: 4)]),
    .init(
      "three, from the end", attributes: ["axis": -1],
      inputs: [
        .activation([2, 3, 1]), .activation([2, 3, 4], seed: 4), .activation([2, 3, 2], seed: 5),
      ]),
    .init(
      "rows", attributes: ["axis": 2],
      inputs: [.activation([2, 3, 1, 2]), .activation([2, 3, 3, 2], seed: 4)]),
    .init(
      "default axis of opset 1", opset: 1,
      inputs: [.activation([2, 3]), .activation([2, 1], seed: 4)]),
    .init(
      "batches", attributes: ["axis": 0], inputs: [.activation([1, 3]), .activation([2, 3])]),
    .init(
      "with a parameter", attributes: ["axis": 1],
      inputs: [.activation([2, 3, 2, 3]), .parameter([2, 2, 2, 3])]),
    .init(
      "channels, from the end", attributes: ["axis": -3],
      inputs: [
        .activation([3, 1, 5, 7]), .activation([3, 5, 5, 7], seed: 4),
        .activation([3, 2, 5, 7], seed: 5), .activation([3, 3, 5, 7], seed: 6),
      ]),
    .init(
      "columns", attributes: ["axis": 3],
      inputs: [.activation([2, 3, 5, 1]), .activation([2, 3, 5, 4], seed: 4)]),
    .init(
      "more than one task", attributes: ["axis": 1],
      inputs: [.activation([3, 33, 29, 31]), .activation([3, 17, 29, 31], seed: 4)]),
    .init(
      "one element each", attributes: ["axis": 1],
      inputs: [.activation([1, 1, 1, 1]), .activation([1, 1, 1, 1], seed: 4)]),
    .init("one input", attributes: ["axis": 1], inputs: [.activation([2, 3, 2, 1])]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(Concat.self, example) { example, inputs in
      let parts = inputs.map { $0! }
      let written = example.int("axis", default: 1)
      let axis = written < 0 ? written + parts[0].shape.rank : written
      var shape = parts[0].shape.dimensions
      shape[axis] = parts.map { $0.shape[axis] }.reduce(0, +)
      return [
        .making(Shape(shape)) { index in
          var index = index
          for part in parts {
            if index[axis] < part.shape[axis] { return part[at: index] }
            index[axis] -= part.shape[axis]
          }
          return .nan
        }
      ]
    }
  }

  @Test func refusesShapesThatDoNotAgree() {
    #expect(FileNode().refusal(Concat.self) == "attribute axis is missing")
    #expect(
      FileNode(["axis": 1]).refusal(Concat.self, [[2, 3, 4], [2, 5, 4], [2, 3, 5]])
        == "input 2 has shape [2, 3, 5], input 0 [2, 3, 4]; Concat along axis 1 expects them to "
        + "agree along the others")
    #expect(
      FileNode(["axis": 1]).refusal(Concat.self, [[2, 3, 4], [2, 3]])
        == "input 1 has shape [2, 3], input 0 [2, 3, 4]; Concat along axis 1 expects them to "
        + "agree along the others")
    #expect(
      FileNode(["axis": 3]).refusal(Concat.self, [[2, 3, 4]])
        == "axis is 3, but the input has shape [2, 3, 4]: axes go from -3 to 2")
  }

  @Test func folds() throws {
    let concat = Concat(axis: 0)
    #expect(try concat.fold([.ints(1), .ints(2, 3), .ints(-1)]) == [.ints(1, 2, 3, -1)])
    #expect(
      try Concat(axis: 1).fold([.floats([2, 1], [1, 4]), .floats([2, 2], [2, 3, 5, 6])])
        == [.floats([2, 3], [1, 2, 3, 4, 5, 6])])
    #expect(try concat.fold([.ints(1), .activation([1])]) == nil)
    #expect(
      foldingRefusal(concat, [.ints(1), .floats([1], [2])])
        == "Concat joins floats and integers; expected all of one type")
  }
}
