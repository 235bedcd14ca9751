import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct BatchNormalizationTests {
  private static func inputs(_ shape: Shape) -> [OperatorInput] {
    let channels: Shape = [shape[1]]
    return [
      .activation(shape), .parameter(channels, in: 0.5...1.5), .parameter(channels, seed: 4),
      OperatorInput.parameter(channels, seed: 5).notDifferentiable,
      OperatorInput.parameter(channels, in: 0.3...2, seed: 6).notDifferentiable,
    ]
  }

  static let frozen: [OperatorCase] = [
    .init("images", inputs: inputs([2, 3, 5, 7])),
    .init(
      "many channels", opset: 15, attributes: ["epsilon": 0.01], inputs: inputs([2, 37, 3, 2])),
    .init("matrix", inputs: inputs([6, 5])),
    .init("one element", inputs: inputs([1, 1, 1, 1])),
    .init("no image", inputs: inputs([0, 3, 2, 2])),
    .init("more than one task", inputs: inputs([2, 20, 45, 40])),
    .init(
      "oldest", opset: 1,
      attributes: ["is_test": 1, "consumed_inputs": [0, 0, 0, 1, 1], "spatial": 1],
      inputs: inputs([2, 3, 4, 5])),
    .init(
      "opset 6", opset: 6, attributes: ["is_test": 1, "momentum": 0.8],
      inputs: inputs([2, 3, 4, 5])),
    .init("opset 7", opset: 7, attributes: ["spatial": 1], inputs: inputs([2, 3, 4, 5])),
    .init("opset 9", opset: 9, inputs: inputs([2, 3, 4, 5])),
    .init("opset 14", opset: 14, attributes: ["training_mode": 0], inputs: inputs([2, 3, 4, 5])),
  ]

  static let batch: [OperatorCase] = [
    .init("images", opset: 14, attributes: ["training_mode": 1], inputs: inputs([2, 3, 5, 7])),
    .init(
      "three outputs", opset: 15,
      attributes: ["training_mode": 1, "momentum": 0.7, "epsilon": 0.01],
      inputs: inputs([3, 19, 2, 3]), outputCount: 3, differentiableOutputs: [0]),
    .init("matrix", opset: 15, attributes: ["training_mode": 1], inputs: inputs([8, 5])),
    .init("one image", opset: 15, attributes: ["training_mode": 1], inputs: inputs([1, 5, 3, 3])),
    .init(
      "many channels", opset: 15, attributes: ["training_mode": 1, "epsilon": 0.1],
      inputs: inputs([3, 37, 3, 5])),
    .init(
      "more than one task", opset: 15, attributes: ["training_mode": 1],
      inputs: inputs([3, 20, 31, 29])),
  ]

  /// `(X − mean) / √(variance + epsilon) · scale + B`
  private static func normalise(
    _ example: OperatorCase, _ x: DoubleTensor, _ scale: DoubleTensor, _ bias: DoubleTensor,
    _ mean: [Double], _ variance: [Double]
  ) -> DoubleTensor {
    let epsilon = example.float("epsilon", default: Double(Float(1e-5)))
    var y = x
    for (offset, index) in x.indices.enumerated() {
      let c = index[1]
      y.values[offset] =
        (x.values[offset] - mean[c]) / (variance[c] + epsilon).squareRoot() * scale.values[c]
        + bias.values[c]
    }
    return y
  }

  static func frozenOracle(_ example: OperatorCase, _ inputs: [DoubleTensor?]) -> [DoubleTensor] {
    let y = normalise(
      example, inputs[0]!, inputs[1]!, inputs[2]!, inputs[3]!.values, inputs[4]!.values)
    return example.outputCount == 3 ? [y, inputs[3]!, inputs[4]!] : [y]
  }

  static func batchOracle(_ example: OperatorCase, _ inputs: [DoubleTensor?]) -> [DoubleTensor] {
    let x = inputs[0]!
    let channels = x.shape[1]
    var (mean, variance) = (
      [Double](repeating: 0, count: channels), [Double](repeating: 0, count: channels)
    )
    let rows = Double(x.values.count / channels)
    for (offset, index) in x.indices.enumerated() { mean[index[1]] += x.values[offset] / rows }
    for (offset, index) in x.indices.enumerated() {
      let distance = x.values[offset] - mean[index[1]]
      variance[index[1]] += distance * distance / rows
    }
    let y = normalise(example, x, inputs[1]!, inputs[2]!, mean, variance)
    guard example.outputCount == 3 else { return [y] }
    let momentum = example.float("momentum", default: Double(Float(0.9)))
    let running = zip([inputs[3]!, inputs[4]!], [mean, variance]).map { old, new in
      DoubleTensor(
        old.shape, zip(old.values, new).map { $0 * momentum + $1 * (1 - momentum) })
    }
    return [y] + running
  }

  @Test(arguments: frozen) func contract(_ example: OperatorCase) throws {
    try checkOperator(BatchNormalization.self, example, oracle: Self.frozenOracle)
  }

  @Test(arguments: batch) func contractWithStatisticsOfTheBatch(_ example: OperatorCase) throws {
    try checkOperator(
      BatchNormalization.self, example, oracle: Self.frozenOracle,
      trainingOracle: Self.batchOracle)
  }

  @Test func namesTheRoles() throws {
    let op = try decoded(BatchNormalization.self)
    #expect((1...4).map { op.role(ofInput: $0, shape: [3]) } == [.scale, .bias, .buffer, .buffer])
  }

  @Test func refusesStatisticsForEachPixel() {
    #expect(
      throws: ONNXError(
        "attribute spatial is 0, statistics for each pixel; graft reads 1, one for each channel")
    ) { try decoded(BatchNormalization.self, opset: 7, ["spatial": 0]) }
  }

  @Test func refusesOutputsOfTraining() {
    #expect(
      throws: ONNXError(
        "5 outputs, as in a network exported for training; expected 1. "
          + "Export it in evaluation mode")
    ) { try decoded(BatchNormalization.self, opset: 7, outputCount: 5) }
  }

  @Test func refusesOtherChannelCounts() throws {
    let op = try decoded(BatchNormalization.self)
    #expect(throws: ShapeError("B has shape [4]; X [2, 3, 5, 5] has 3 channels")) {
      try op.outputShapes(for: [[2, 3, 5, 5], [3], [4], [3], [3]])
    }
  }
}
