import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct PadTests {
  static let cases: [OperatorCase] = [
    .init(
      "zeros around the image",
      inputs: [.activation([2, 3, 4, 5]), .ints([0, 0, 1, 2, 0, 0, 3, 0])]),
    .init(
      "value and crop", attributes: ["mode": "constant"],
      inputs: [.activation([2, 2, 4, 3]), .ints([0, 1, -1, 2, 0, 0, 2, -1]), .scalar(0.5)]),
    .init(
      "attributes", opset: 2, attributes: ["pads": [0, 0, 1, 0, 2, 0], "value": 1.5],
      inputs: [.activation([2, 3, 2])]),
    .init(
      "paddings", opset: 1, attributes: ["paddings": [0, 1, 0, 1]], inputs: [.activation([2, 3])]),
    .init(
      "axes", opset: 18,
      inputs: [.activation([2, 3, 4, 2]), .ints([1, 0, 0, 2]), .absent, .ints([-1, 2])]),
    .init(
      "reflect", attributes: ["mode": "reflect"],
      inputs: [.activation([2, 2, 4, 5]), .ints([0, 0, 2, 1, 0, 0, 3, 4])]),
    .init(
      "reflect what is left", attributes: ["mode": "reflect"],
      inputs: [.activation([2, 1, 5, 4]), .ints([0, 0, -2, 0, 0, 0, 2, -1])]),
    .init(
      "edge", attributes: ["mode": "edge"],
      inputs: [.activation([2, 2, 3, 2]), .ints([0, 1, 4, 1, 0, 0, 1, 3])]),
    .init(
      "edge of what is left", opset: 10, attributes: ["mode": "edge", "pads": [0, -1, 0, 3]],
      inputs: [.activation([2, 4])]),
    .init(
      "reflect, odd, three images", attributes: ["mode": "reflect"],
      inputs: [.activation([3, 5, 3, 7]), .ints([0, 2, 1, 3, 0, 1, 2, 6])]),
    .init(
      "edge, more than one task", attributes: ["mode": "edge"],
      inputs: [.activation([3, 5, 41, 43]), .ints([0, 0, 3, 1, 0, 0, 2, 5])]),
    .init(
      "wrap", opset: 19, attributes: ["mode": "wrap"],
      inputs: [.activation([2, 2, 3, 4]), .ints([0, 0, 1, 2, 0, 0, 2, 0])], exportOpsets: [22]),
    .init(
      "wrap several times what is left", opset: 19, attributes: ["mode": "wrap"],
      inputs: [.activation([3, 4]), .ints([0, 5, 0, -1])], exportOpsets: [25]),
    .init(
      "channels", inputs: [.activation([3, 5, 3, 7]), .ints([0, 2, 0, 0, 0, 3, 0, 0])]),
    .init(
      "one element of zeros",
      inputs: [.activation([1, 1, 1, 1]), .ints([0, 1, 0, 2, 0, 0, 1, 0])]),
    .init(
      "one pixel", attributes: ["mode": "edge"],
      inputs: [.activation([1, 1, 1, 1]), .ints([0, 0, 1, 1, 0, 0, 1, 1])]),
    .init(
      "nothing left but padding",
      inputs: [.activation([1, 3]), .ints([0, -4, 0, 5])]),
  ]

  /// Crops by the negative pads, then looks every element up along one axis after the other.
  private static func oracle(_ example: OperatorCase, _ inputs: [DoubleTensor?]) -> [DoubleTensor] {
    var x = inputs[0]!
    let rank = x.shape.rank
    let written =
      example.ints("pads") ?? example.ints("paddings") ?? inputs[1]!.values.map { Int($0) }
    let named = inputs.count > 3 ? inputs[3]!.values.map { Int($0) } : Array(0..<rank)
    let value = inputs.count > 2 ? inputs[2]?.values[0] ?? 0 : example.float("value", default: 0)
    for (place, axis) in named.enumerated() {
      let axis = axis < 0 ? axis + rank : axis
      let (before, after) = (written[place], written[named.count + place])
      let extent = x.shape[axis]
      let left = Array(max(0, -before)..<max(max(0, -before), extent - max(0, -after)))
      var line: [Int?]
      switch example.string("mode") ?? "constant" {
      case "reflect":
        line = left
        for step in 0..<max(0, before) { line.insert(left[step + 1], at: 0) }
        for step in 0..<max(0, after) { line.append(left[left.count - 2 - step]) }
      case "edge":
        line =
          Array(repeating: left.first, count: max(0, before)) + left
          + Array(repeating: left.last, count: max(0, after))
      case "wrap":
        line = left
        for step in 0..<max(0, before) {
          line.insert(left[left.count - 1 - step % left.count], at: 0)
        }
        for step in 0..<max(0, after) { line.append(left[step % left.count]) }
      default:
        line = (0..<before + extent + after).map { index in
          (0..<extent).contains(index - before) ? index - before : nil
        }
      }
      var shape = x.shape.dimensions
      shape[axis] = line.count
      x = .making(Shape(shape)) { index in
        guard let source = line[index[axis]] else { return value }
        var index = index
        index[axis] = source
        return x[at: index]
      }
    }
    return [x]
  }

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(Pad.self, example, oracle: Self.oracle)
  }

  @Test func foldsIntegers() throws {
    func folded(_ mode: String, _ pads: [Int]) throws -> [Constant]? {
      let x = IntegerTensor(dimensions: [1, 2, 3], values: [1, 2, 3, 4, 5, 6])
      let op = try FileNode(opset: 19, ["mode": .string(mode)], inputs: [.ints(x), .ints(pads)])
        .read(Pad.self)
      return try op.fold([.constant(.integers(x)), .constant(.integers(IntegerTensor(pads)))])
    }
    #expect(
      try folded("edge", [0, 0, 1, 0, 1, 0])
        == [.integers([1, 3, 4], [1, 1, 2, 3, 4, 4, 5, 6, 4, 4, 5, 6])])
    #expect(
      try folded("reflect", [0, 0, 2, 0, 0, 0])
        == [.integers([1, 2, 5], [3, 2, 1, 2, 3, 6, 5, 4, 5, 6])])
    #expect(
      try folded("wrap", [0, 0, 0, 0, 0, 2])
        == [.integers([1, 2, 5], [1, 2, 3, 1, 2, 4, 5, 6, 4, 5])])
    #expect(
      try folded("constant", [0, 0, 1, 0, 0, -2])
        == [.integers([1, 2, 2], [0, 1, 0, 4])])
  }

  @Test func foldsIntegersAroundAValue() throws {
    let x = IntegerTensor(dimensions: [1, 1], values: [7])
    let op = try FileNode(inputs: [.ints(x), .ints([0, 1, 0, 1]), .ints([9])]).read(Pad.self)
    #expect(
      try op.fold([.constant(.integers(x)), .ints(0, 1, 0, 1), .ints(9)])
        == [.integers([1, 3], [9, 7, 9])])
    #expect(try op.fold([.activation([1, 1]), .ints(0, 1, 0, 1)]) == nil)
  }

  @Test func refusesWhatDoesNotFit() {
    func refusal(
      _ pads: [Int], _ attributes: [String: ONNXAttribute.Value] = [:], _ x: Shape = [2, 3]
    ) -> String? {
      FileNode(attributes, inputs: [.activation(x), .ints(pads)]).refusal(Pad.self, [x])
    }
    #expect(FileNode(inputs: [.activation([2])]).refusal(Pad.self) == "input pads is missing")
    #expect(
      FileNode(opset: 1, inputs: [.activation([2])]).refusal(Pad.self)
        == "attribute paddings is missing")
    #expect(
      FileNode(inputs: [.absent, .ints([0, 0])]).refusal(Pad.self) == "input data is missing")
    #expect(
      refusal([0, 1, 0, 1], ["mode": "mirror"])
        == "attribute mode is \"mirror\"; expected \"constant\", \"reflect\", \"edge\" or \"wrap\"")
    #expect(refusal([0, 1]) == "input pads has 2 entries; expected 4")
    #expect(refusal([0, .max, 0, 0])?.hasSuffix("; graft pads by up to 2147483648") == true)
    #expect(
      refusal([1, 0, 0, 0]) == "pads 1 and 0 of axis 0, which is the batch; expected 0")
    #expect(
      refusal([0, 3, 0, 0], ["mode": "reflect"])
        == "pads 3 and 0 in mode reflect do not fit axis 1 of the input [2, 3]")
    #expect(
      refusal([0, -2, 0, -1])
        == "pads -2 and -1 in mode constant do not fit axis 1 of the input [2, 3]")
    #expect(
      refusal([0, -3, 0, 4], ["mode": "edge"])
        == "pads -3 and 4 in mode edge do not fit axis 1 of the input [2, 3]")
    let axes = FileNode(
      opset: 18, inputs: [.activation([2, 3]), .ints([1, 1]), .absent, .ints([2])])
    #expect(
      axes.refusal(Pad.self)
        == "input axes is [2]; expected distinct axes of a rank-2 input")
  }
}
