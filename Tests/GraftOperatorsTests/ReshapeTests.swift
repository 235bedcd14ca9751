import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct ReshapeTests {
  static let cases: [OperatorCase] = [
    .init("flatten", inputs: [.activation([2, 3, 2, 2]), .ints([0, -1])]),
    .init("all images", inputs: [.activation([2, 3, 2, 2]), .ints([-1, 12])]),
    .init(
      "attribute", opset: 1, attributes: ["shape": [-1, 6]], inputs: [.activation([2, 3, 2])]),
    .init(
      "to an image", opset: 21, attributes: ["allowzero": 0],
      inputs: [.activation([2, 12]), .ints([-1, 3, 2, 2])]),
    .init(
      "computed batch",
      inputs: [
        .activation([2, 4, 3, 1]), .dimensions([.batch(multiple: 1), .fixed(2), .fixed(-1)]),
      ]),
    .init(
      "groups joined with the batch",
      inputs: [
        .activation([2, 4, 3]), .dimensions([.batch(multiple: 2), .fixed(2), .fixed(3)]),
      ]),
    .init(
      "batch inside",
      inputs: [
        .activation([3, 4]), .dimensions([.fixed(2), .batch(multiple: 1), .fixed(-1)]),
      ]),
    .init("odd", inputs: [.activation([3, 5, 7, 3]), .ints([0, 7, -1, 5])]),
    .init("one element", inputs: [.activation([1, 1, 1, 1]), .ints([-1])]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(Reshape.self, example) { example, inputs in
      let x = inputs[0]!
      var shape = example.ints("shape") ?? inputs[1]!.values.map { Int($0) }
      for place in shape.indices where shape[place] == 0 { shape[place] = x.shape[place] }
      for place in shape.indices where shape[place] == -1 {
        shape[place] = x.values.count / abs(shape.reduce(1, *))
      }
      return [DoubleTensor(Shape(shape), x.values)]
    }
  }

  /// Files of a fixed batch, read while the batch is 2: the output for 5 images, and what is written
  /// for a file.
  @Test(
    arguments: [
      ([2, 2048, 1, 1], [1, 2048], [5, 2048], [0, 2048]),
      ([2, 2048, 1, 1], [1, -1], [5, 2048], [0, -1]),
      ([2, 2048, 1, 1], [8, 2048], [5, 2048], [0, 2048]),
      ([2, 12, 4], [3, 4, 4], [15, 4, 4], [-1, 4, 4]),
      ([2, 12, 4], [1, 2, 0, 2], nil, [1, 2, 0, 2]),
      ([2, 12, 4], [1, 24, 2, 1], [5, 24, 2, 1], [0, 24, 2, 1]),
      ([2, 12, 4], [-1, 0, 4], [5, 12, 4], [-1, 0, 4]),
      ([2, 12, 4], [1, 12, 0], [5, 12, 4], [0, 12, 0]),
    ] as [([Int], [Int], [Int]?, [Int])])
  func freesTheBatch(_ x: [Int], _ shape: [Int], _ y: [Int]?, _ written: [Int]) throws {
    let reshape = try FileNode(inputs: [.activation(Shape(x)), .ints(shape)]).read(Reshape.self)
    let five = Shape(x).withBatch(5)
    let shapes = try? reshape.outputShapes(for: [five])
    #expect(shapes == y.map { [Shape($0)] })
    var encoder = NodeEncoder(opset: 17)
    reshape.encode(into: &encoder)
    #expect(encoder.constantInputs == [.ints(written)])
  }

  @Test func refusesShapesThatDoNotFit() {
    func refusal(
      _ shape: [Int], opset: Int = 13, _ attributes: [String: ONNXAttribute.Value] = [:],
      _ x: Shape = [2, 3, 4]
    ) -> String? {
      FileNode(opset: opset, attributes, inputs: [.activation(x), .ints(shape)])
        .refusal(Reshape.self, [x])
    }
    #expect(FileNode(inputs: [.activation([2])]).refusal(Reshape.self) == "input shape is missing")
    #expect(FileNode(opset: 1).refusal(Reshape.self) == "attribute shape is missing")
    #expect(refusal([2, -2]) == "input shape is [2, -2]; expected -1, 0 and more")
    #expect(refusal([-1, -1]) == "input shape is [-1, -1]; expected -1 at most once")
    #expect(
      refusal([0, 5]) == "shape [0, 5] does not fit the input [2, 3, 4] of 24 elements")
    #expect(
      refusal([5, -1]) == "shape [5, -1] does not fit the input [2, 3, 4] of 24 elements")
    #expect(
      refusal([.max, .max])
        == "shape [9223372036854775807, 9223372036854775807] does not fit the input [2, 3, 4] of "
        + "24 elements")
    #expect(
      refusal([0, 3, 4, 0])
        == "shape [0, 3, 4, 0] copies axis 3, which the input [2, 3, 4] does not have")
    #expect(
      refusal([0, 12], opset: 14, ["allowzero": 1])
        == "attribute allowzero is 1 and shape [0, 12] has a 0: the output is empty; graft "
        + "computes with one element or more")
    let twice = OperatorInput.dimensions([.batch(multiple: 1), .batch(multiple: 2)])
    #expect(
      FileNode(inputs: [.activation([2, 3]), twice]).refusal(Reshape.self)
        == "input shape is [batch, 2·batch]; expected the batch at most once")
  }

  @Test func foldsEmptyConstants() throws {
    let op = try FileNode(
      opset: 14, ["allowzero": 1], inputs: [.constant([0, 3, 4], []), .ints([3, 4, 0])]
    ).read(Reshape.self)
    #expect(
      try op.fold([.floats([0, 3, 4], []), .ints(3, 4, 0)]) == [.floats([3, 4, 0], [])])
    #expect(
      foldingRefusal(op, [.floats([1, 12], [Float](repeating: 1, count: 12)), .ints(3, 4, 0)])
        == "shape [3, 4, 0] does not fit the input [1, 12] of 12 elements")
  }

  @Test func folds() throws {
    let bias = try FileNode(
      inputs: [.constant([3], [1, 2, 3]), .ints([1, -1, 1, 1])]
    ).read(Reshape.self)
    #expect(
      try bias.fold([.floats([3], [1, 2, 3]), .ints(1, -1, 1, 1)])
        == [.floats([1, 3, 1, 1], [1, 2, 3])])
    #expect(try Reshape([.fixed(-1)]).fold([.integers([], [7])]) == [.ints(7)])
    #expect(try Reshape([.fixed(-1)]).fold([.activation([7])]) == nil)
    #expect(
      foldingRefusal(Reshape([.fixed(2)]), [.ints(1, 2, 3)])
        == "shape [2] does not fit the input [3] of 3 elements")
  }
}
