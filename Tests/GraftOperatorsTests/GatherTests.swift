import GraftGraph
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct GatherTests {
  static let cases: [OperatorCase] = [
    .init(
      "channels", attributes: ["axis": 1], inputs: [.activation([2, 4, 2, 3]), .ints([2, 0, -1])]),
    .init(
      "twice the same", attributes: ["axis": 1],
      inputs: [.activation([2, 3, 2]), .ints([1, 1, 1])]),
    .init(
      "scalar", attributes: ["axis": 1],
      inputs: [
        .activation([2, 3, 4, 2]), .ints(IntegerTensor(dimensions: [], values: [-2])),
      ]),
    .init("images", opset: 1, inputs: [.activation([3, 2]), .ints([2, 0])]),
    .init(
      "a table of indices", attributes: ["axis": 1],
      inputs: [
        .activation([2, 4, 3]),
        .ints(IntegerTensor(dimensions: [2, 3], values: [0, 3, 3, -1, 2, 1])),
      ]),
    .init(
      "a table of channels", attributes: ["axis": 2],
      inputs: [
        .activation([2, 3, 4]), .ints(IntegerTensor(dimensions: [1, 2], values: [3, 1])),
      ]),
    .init(
      "columns, from the end", attributes: ["axis": -1],
      inputs: [.activation([2, 2, 3, 4]), .ints([3, 0])]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(Gather.self, example) { example, inputs in
      let (x, indices) = (inputs[0]!, inputs[1]!)
      let written = example.int("axis", default: 0)
      let axis = written < 0 ? written + x.shape.rank : written
      let (before, after) = (x.shape.dimensions[..<axis], x.shape.dimensions[(axis + 1)...])
      let shape = Shape(before + indices.shape.dimensions + after)
      return [
        .making(shape) { index in
          let place = zip(index[axis...], indices.shape.dimensions)
            .reduce(0) { $0 * $1.1 + $1.0 }
          let picked = Int(indices.values[place])
          var source = index
          source.replaceSubrange(
            axis..<axis + indices.shape.rank, with: [picked < 0 ? picked + x.shape[axis] : picked])
          return x[at: source]
        }
      ]
    }
  }

  @Test func refusesIndicesThatDoNotFit() {
    #expect(
      FileNode(inputs: [.activation([2, 3])]).refusal(Gather.self) == "input indices is missing")
    #expect(
      FileNode(inputs: [.activation([2, 3]), .activation([2])]).refusal(Gather.self)
        == "input indices is computed at run time; graft needs a constant there")
    #expect(
      FileNode(["axis": 1], inputs: [.activation([2, 3]), .ints([-4])])
        .refusal(Gather.self, [[2, 3]])
        == "indices has -4, but axis 1 of the input [2, 3] has extent 3")
    #expect(
      FileNode(["axis": 2], inputs: [.activation([2, 3]), .ints([0])])
        .refusal(Gather.self, [[2, 3]])
        == "axis is 2, but the input has shape [2, 3]: axes go from -2 to 1")
  }

  @Test func folds() throws {
    let first = Gather(axis: 0, indices: [0], isScalar: true)
    #expect(try first.fold([.ints(5, 6, 7)]) == [.integers([], [5])])
    #expect(
      try Gather(axis: 0, indices: [2, -3]).fold([.ints(5, 6, 7)]) == [.ints(7, 5)])
    #expect(
      try Gather(axis: 1, indices: [1]).fold([.floats([2, 2], [1, 2, 3, 4])])
        == [.floats([2, 1], [2, 4])])
    #expect(try Gather(axis: 0, indices: []).fold([.ints(5)]) == [.integers([0], [])])
    let table = IntegerTensor(dimensions: [2, 1], values: [2, 0])
    #expect(
      try Gather(axis: 0, indices: table).fold([.ints(5, 6, 7)]) == [.integers([2, 1], [7, 5])])
    #expect(try first.fold([.activation([3])]) == nil)
  }
}
