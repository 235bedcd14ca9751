import GraftGraph
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct SliceTests {
  static let cases: [OperatorCase] = [
    .init(
      "channels", inputs: [.activation([2, 6, 3, 2]), .ints([1]), .ints([4]), .ints([1])]),
    .init(
      "attributes", opset: 9,
      attributes: ["starts": [1, -3], "ends": [Int.max, -1], "axes": [2, 3]],
      inputs: [.activation([2, 3, 4, 5])]),
    .init(
      "no axes", opset: 1, attributes: ["starts": [0, 1], "ends": [2, 3]],
      inputs: [.activation([2, 4])]),
    .init(
      "strided",
      inputs: [
        .activation([2, 3, 7, 5]), .ints([1, 0]), .ints([Int.max, 5]), .ints([-2, -1]),
        .ints([2, 3]),
      ]),
    .init(
      "backwards",
      inputs: [
        .activation([2, 3, 7]), .ints([-1, 2]), .ints([Int.min, -4]), .ints([2, 1]),
        .ints([-2, -1]),
      ]),
    .init(
      "clamped",
      inputs: [
        .activation([2, 5]), .ints([-100]), .ints([100]), .ints([1]), .ints([Int.max]),
      ]),
    .init(
      "one element backwards",
      inputs: [
        .activation([2, 5]), .ints([3]), .ints([-100]), .ints([1]), .ints([Int.min]),
      ]),
    .init(
      "every axis, odd, backwards",
      inputs: [
        .activation([3, 5, 7, 9]), .ints([1, -1, 1, 8]), .ints([3, 0, 7, Int.min]),
        .ints([0, 1, 2, 3]), .ints([1, -2, 3, -3]),
      ]),
    .init(
      "more than one task",
      inputs: [.activation([3, 37, 31, 29]), .ints([3, 1]), .ints([36, 29]), .ints([1, 3])]),
    .init(
      "one element", inputs: [.activation([1, 1, 1, 1]), .ints([0]), .ints([1]), .ints([2])]),
    .init(
      "images", inputs: [.activation([3, 2, 2, 2]), .ints([1]), .ints([3])]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(Slice.self, example) { example, inputs in
      let x = inputs[0]!
      // Slice by Python's rule: the indices that range(start, end, step) yields.
      func list(_ name: String, _ input: Int) -> [Double]? {
        example.ints(name)?.map(Double.init) ?? (input < inputs.count ? inputs[input]?.values : nil)
      }
      let (starts, ends) = (list("starts", 1)!, list("ends", 2)!)
      var taken = x.shape.dimensions.map { Array(0..<$0) }
      for place in starts.indices {
        let written = Int(list("axes", 3)?[place] ?? Double(place))
        let axis = written < 0 ? written + x.shape.rank : written
        let step = list("steps", 4)?[place] ?? 1
        let extent = Double(x.shape[axis])
        let start = starts[place] < 0 ? starts[place] + extent : starts[place]
        let end = ends[place] < 0 ? ends[place] + extent : ends[place]
        var index = step > 0 ? max(start, 0) : min(start, extent - 1)
        taken[axis] = []
        while index >= 0, index < extent, step > 0 ? index < end : index > end {
          taken[axis].append(Int(index))
          index += step
        }
      }
      return [
        .making(Shape(taken.map(\.count))) { index in
          x[at: index.enumerated().map { taken[$0][$1] }]
        }
      ]
    }
  }

  @Test func refusesWhatDoesNotFit() {
    func node(_ starts: [Int], _ ends: [Int], _ axes: [Int], _ steps: [Int]) -> FileNode {
      FileNode(
        inputs: [.activation([2, 3]), .ints(starts), .ints(ends), .ints(axes), .ints(steps)])
    }
    #expect(
      FileNode(inputs: [.activation([2, 3])]).refusal(Slice.self) == "input starts is missing")
    #expect(
      FileNode(opset: 9, ["starts": [0]]).refusal(Slice.self) == "attribute ends is missing")
    #expect(
      node([0], [1, 2], [0], [1]).refusal(Slice.self)
        == "input ends has 2 entries, starts has 1; expected as many")
    #expect(
      node([0], [1], [1], [0]).refusal(Slice.self)
        == "input steps is [0]; a step of 0 goes nowhere")
    #expect(
      node([0], [1], [2], [1]).refusal(Slice.self, [[2, 3]])
        == "axes is 2, but the input has shape [2, 3]: axes go from -2 to 1")
    #expect(
      node([2], [1], [1], [1]).refusal(Slice.self, [[2, 3]])
        == "Slice takes nothing of the input [2, 3]: the output is [2, 0]")
    #expect(
      FileNode(inputs: [.activation([2, 3]), .activation([1])]).refusal(Slice.self)
        == "input starts is computed at run time; graft needs a constant there")
  }

  @Test func folds() throws {
    let shape = Slice([.init(axis: 0, start: 2, end: Int.max)])
    #expect(try shape.fold([.ints(1, 2, 3, 4)]) == [.ints(3, 4)])
    #expect(
      try Slice([.init(axis: -1, start: -1, end: Int.min, step: -1)]).fold([
        .floats([2, 2], [1, 2, 3, 4])
      ]) == [.floats([2, 2], [2, 1, 4, 3])])
    #expect(
      try Slice([.init(axis: 0, start: 3, end: 3)]).fold([.ints(1, 2, 3)])
        == [.integers([0], [])])
    #expect(try shape.fold([.activation([4])]) == nil)
  }
}
