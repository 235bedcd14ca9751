import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct InstanceNormalizationTests {
  static let cases: [OperatorCase] = [
    .init(
      "images", inputs: [.activation([2, 3, 4, 5]), .parameter([3]), .parameter([3], seed: 5)]),
    .init(
      "lines", attributes: ["epsilon": 0.1],
      inputs: [.activation([3, 2, 7]), .parameter([2]), .parameter([2], seed: 5)]),
    .init(
      "volumes", opset: 22,
      inputs: [.activation([2, 3, 2, 3, 2]), .parameter([3]), .parameter([3], seed: 5)]),
    .init(
      "one pixel", opset: 1, attributes: ["consumed_inputs": [0], "epsilon": 0.5],
      inputs: [.activation([2, 3, 1, 1]), .parameter([3]), .parameter([3], seed: 5)]),
    .init(
      "nothing", inputs: [.activation([0, 3, 2, 2]), .parameter([3]), .parameter([3], seed: 5)]),
    .init(
      "more than one task",
      inputs: [.activation([2, 40, 33, 31]), .parameter([40]), .parameter([40], seed: 5)]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(InstanceNormalization.self, example) { example, inputs in
      let x = inputs[0]!
      return [
        naiveGroupNormalization(
          x, groups: x.shape[1], scale: inputs[1]!.values, bias: inputs[2]!.values,
          epsilon: example.float("epsilon", default: Double(Float(1e-5))))
      ]
    }
  }

  @Test func refusesWhatDoesNotFit() throws {
    let op = try decoded(InstanceNormalization.self)
    #expect(throws: ShapeError("scale has shape [4]; expected [3] for X [2, 3, 4]")) {
      try op.outputShapes(for: [[2, 3, 4], [4], [3]])
    }
    #expect(throws: ShapeError("2 inputs; expected X, scale and bias")) {
      try op.outputShapes(for: [[2, 3, 4], [3]])
    }
    #expect(throws: ShapeError("X has shape [2]; expected [N, C, …]")) {
      try op.outputShapes(for: [[2], [2], [2]])
    }
    #expect(throws: ONNXError("attribute epsilon is -1.0; expected a number of at least 0")) {
      try decoded(InstanceNormalization.self, ["epsilon": .float(-1)])
    }
  }
}

/// Straight from the formula: each group's mean, then its variance, then each element.
func naiveGroupNormalization(
  _ x: DoubleTensor, groups: Int, scale: [Double], bias: [Double], epsilon: Double
) -> DoubleTensor {
  let channels = x.shape[1]
  guard x.shape.elementCount > 0 else { return x }
  let area = x.shape.elementCount / (x.shape[0] * channels)
  let size = channels / groups * area
  var y = x
  for first in stride(from: 0, to: x.values.count, by: size) {
    let group = x.values[first..<first + size]
    let mean = group.reduce(0, +) / Double(size)
    let variance = group.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(size)
    for place in first..<first + size {
      // One scale for each channel, or for each group.
      let channel = place / area % channels * scale.count / channels
      y.values[place] =
        (x.values[place] - mean) / (variance + epsilon).squareRoot() * scale[channel]
        + bias[channel]
    }
  }
  return y
}
