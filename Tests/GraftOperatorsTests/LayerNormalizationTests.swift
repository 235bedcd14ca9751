import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct LayerNormalizationTests {
  static let cases: [OperatorCase] = [
    .init(
      "places of images", opset: 17,
      inputs: [.activation([2, 3, 4, 5]), .parameter([5]), .parameter([5], seed: 5)]),
    .init("vectors", opset: 17, inputs: [.activation([3, 11]), .parameter([11])]),
    .init(
      "whole images", opset: 17, attributes: ["axis": 1, "epsilon": 0.01],
      inputs: [.activation([3, 2, 3, 4]), .parameter([2, 3, 4]), .parameter([2, 3, 4], seed: 5)]),
    .init(
      "axes from the end", opset: 17, attributes: ["axis": -2, "stash_type": 1],
      inputs: [.activation([2, 3, 2, 5]), .parameter([2, 5]), .parameter([2, 5], seed: 5)]),
    .init(
      "one element", opset: 17, attributes: ["epsilon": 0.5],
      inputs: [.activation([2, 1]), .parameter([1]), .parameter([1], seed: 5)]),
    .init("nothing", opset: 17, inputs: [.activation([0, 3]), .parameter([3])]),
    .init(
      "with the mean", opset: 17, attributes: ["axis": 2],
      inputs: [.activation([2, 3, 4]), .parameter([4])], outputCount: 2),
    .init(
      "with both statistics", opset: 17, attributes: ["axis": 1, "epsilon": 0.1],
      inputs: [
        .activation([3, 2, 3, 2]), .parameter([2, 3, 2]), .parameter([2, 3, 2], seed: 5),
      ],
      outputCount: 3),
    .init(
      "for its deviation alone", opset: 17, inputs: [.activation([3, 5]), .parameter([5])],
      outputCount: 3, differentiableOutputs: [2]),
    .init(
      "more than one task", opset: 17,
      inputs: [.activation([2, 40, 16, 24]), .parameter([24]), .parameter([24], seed: 5)]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(LayerNormalization.self, example) { example, inputs in
      let (x, scale) = (inputs[0]!, inputs[1]!)
      let epsilon = example.float("epsilon", default: Double(Float(1e-5)))
      let count = scale.values.count
      var y = x
      let ones = [Int](repeating: 1, count: scale.shape.rank)
      let statistic = Shape(x.shape.dimensions.dropLast(ones.count) + ones)
      var means = DoubleTensor(zeros: statistic)
      var inverses = means
      for row in 0..<x.values.count / count {
        let places = row * count..<(row + 1) * count
        let mean = places.reduce(0) { $0 + x.values[$1] } / Double(count)
        let variance =
          places.reduce(0) { $0 + (x.values[$1] - mean) * (x.values[$1] - mean) } / Double(count)
        means.values[row] = mean
        inverses.values[row] = 1 / (variance + epsilon).squareRoot()
        for (i, place) in places.enumerated() {
          y.values[place] =
            (x.values[place] - mean) / (variance + epsilon).squareRoot() * scale.values[i]
            + (inputs.count > 2 ? inputs[2]!.values[i] : 0)
        }
      }
      return Array([y, means, inverses].prefix(example.outputCount))
    }
  }

  @Test func refusesWhatDoesNotFit() throws {
    let op = try decoded(LayerNormalization.self, opset: 17, ["axis": 1])
    #expect(throws: ShapeError("Scale has shape [4]; expected [3, 4], X [2, 3, 4] from axis 1 on"))
    {
      try op.outputShapes(for: [[2, 3, 4], [4]])
    }
    #expect(throws: ShapeError("1 inputs; expected X and Scale, and B or not")) {
      try op.outputShapes(for: [[2, 3, 4]])
    }
    let whole = try decoded(LayerNormalization.self, opset: 17, ["axis": 0])
    #expect(throws: ShapeError("axis 0 of X [2, 3] takes the whole batch together")) {
      try whole.outputShapes(for: [[2, 3], [4, 3]])
    }
    #expect(throws: ONNXError("4 outputs; expected Y, Mean and InvStdDev at most")) {
      try decoded(LayerNormalization.self, opset: 17, outputCount: 4)
    }
    #expect(throws: ONNXError("attribute epsilon is -1.0; expected a number of at least 0")) {
      try decoded(LayerNormalization.self, opset: 17, ["epsilon": .float(-1)])
    }
  }
}
