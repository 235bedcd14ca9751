import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTraining
import Testing

@Suite struct HeadTrainerTests {
  /// `[F] → [K]`, weights `[K, F]` as PyTorch exports them.
  func linearHead(inputs: Int, outputs: Int, weights: [Float]? = nil) -> Graph {
    let weights = weights ?? Array(repeating: 0, count: inputs * outputs)
    return Graph(
      name: "head", opset: 17,
      inputs: [GraphInput(name: "features", imageShape: [inputs])], outputs: ["logits"],
      nodes: [
        Node(
          name: "fc", operator: Gemm(transB: true), inputs: ["features", "w", "b"],
          outputs: ["logits"])
      ],
      parameters: [
        "w": Parameter(
          tensor: Tensor([outputs, inputs], weights), role: .weight, isTrainable: true),
        "b": Parameter(tensor: Tensor([outputs]), role: .bias, isTrainable: true),
      ])
  }

  /// SqueezeNet's head: 1×1 convolution, Relu, average over the pixels.
  func convolutionHead(channels: Int, size: Int, outputs: Int, scale: Float) throws -> Graph {
    func decoder(_ opType: String, _ attributes: [String: ONNXAttribute.Value]) -> NodeDecoder {
      NodeDecoder(
        opType: opType, opset: 13, attributes: attributes,
        inputs: [
          .activation([2, channels, size, size]), .activation([outputs, channels, 1, 1]),
          .activation([outputs]),
        ])
    }
    func one(_ opType: String) -> NodeDecoder {
      NodeDecoder(
        opType: opType, opset: 13, attributes: [:],
        inputs: [.activation([2, outputs, size, size])])
    }
    var generator = SeededGenerator(4)
    return Graph(
      name: "head", opset: 13,
      inputs: [GraphInput(name: "features", imageShape: [channels, size, size])],
      outputs: ["logits"],
      nodes: [
        Node(
          name: "conv",
          operator: try Conv(decoding: decoder("Conv", ["kernel_shape": .ints([1, 1])])),
          inputs: ["features", "w", "b"], outputs: ["c"]),
        Node(
          name: "relu", operator: try Relu(decoding: one("Relu")), inputs: ["c"], outputs: ["r"]),
        Node(
          name: "pool", operator: try GlobalAveragePool(decoding: one("GlobalAveragePool")),
          inputs: ["r"], outputs: ["p"]),
        Node(name: "flatten", operator: Flatten(), inputs: ["p"], outputs: ["logits"]),
      ],
      parameters: [
        "w": Parameter(
          tensor: Tensor(
            [outputs, channels, 1, 1],
            (0..<outputs * channels).map { _ in scale * generator.normal() }),
          role: .weight, isTrainable: true),
        "b": Parameter(tensor: Tensor([outputs]), role: .bias, isTrainable: true),
      ])
  }

  /// The session and the plain loops of `LinearNetwork` go the same way.
  @Test func followsThePlainLoops() throws {
    let (training, validation) = (
      try TrainerTests.clusters(70, seed: 1), try TrainerTests.clusters(30, seed: 2)
    )
    let options = TrainingOptions(epochs: 8, batchSize: 16, learningRate: 0.02)
    let head = linearHead(inputs: 8, outputs: 3)
    let found = try HeadTrainer(options).fit(head, training: training, validation: validation)
    let plain = try Trainer(options).fit(
      LinearNetwork(inputs: 8, outputs: 3), training: training, validation: validation)
    #expect(found.result.bestEpoch == plain.bestEpoch)
    #expect(found.options.learningRate == 0.02)
    for (a, b) in zip(found.result.epochs, plain.epochs) {
      #expect(abs(a.trainingLoss - b.trainingLoss) < 1e-5)
      #expect(abs(a.validationLoss! - b.validationLoss!) < 1e-5)
    }
    // The graph that comes back is the one that was judged best.
    let judged = try Evaluation(
      of: TrainableSession(found.result.weights, batchSize: 7), on: validation,
      batchSize: 7)
    #expect(
      abs(judged.loss - found.result.epochs[found.result.bestEpoch - 1].validationLoss!) < 1e-6)
    #expect(head.parameters["w"]!.tensor.elements.allSatisfy { $0 == 0 })
  }

  @Test func sameSeedSameWeights() throws {
    let (training, validation) = (
      try TrainerTests.clusters(50, seed: 1), try TrainerTests.clusters(20, seed: 2)
    )
    let head = linearHead(inputs: 8, outputs: 3)
    let runs = try (0..<2).map { _ in
      try HeadTrainer().fit(head, training: training, validation: validation)
    }
    let weights = runs.map { $0.result.weights.parameters["w"]!.tensor }
    #expect(weights[0] == weights[1])
    #expect(runs[0].result.epochs == runs[1].result.epochs)
    #expect(runs[0].options.learningRate != nil)
  }

  @Test func trainsAConvolutionInEitherLayout() throws {
    // Four channels of 3 × 3 pixels; channel k of class k is brighter.
    var generator = SeededGenerator(11)
    let labels = (0..<60).map { $0 % 3 }
    let first = labels.flatMap { label in
      (0..<36).map { ($0 / 9 == label ? 2 : 0) + 0.5 * generator.normal() }
    }
    let last = (0..<60 * 36).map { index in
      let (image, pixel, channel) = (index / 36, index % 36 / 4, index % 4)
      return first[image * 36 + channel * 9 + pixel]
    }
    let head = try convolutionHead(channels: 4, size: 3, outputs: 3, scale: 0.1)
    var options = TrainingOptions(epochs: 40, learningRate: 0.02)
    options.seed = 3
    let results = try [(first, Layout.channelsFirst), (last, .channelsLast)].map { floats, layout in
      let set = try FeatureSet(
        features: Tensor([60, 4, 3, 3], floats), labels: labels, layout: layout)
      return try HeadTrainer(options).fit(head, training: set, validation: set).result
    }
    #expect(results[0].epochs.last!.validationAccuracy! > 0.95)
    #expect(results[0].epochs == results[1].epochs)
  }

  @Test func refusesAnotherShape() throws {
    let features = try FeatureSet(features: Tensor([2, 7]), labels: [0, 1])
    #expect(
      throws: TrainingError("features have shape [7]; the head takes [8]", kind: .badData)
    ) {
      try HeadTrainer().fit(
        linearHead(inputs: 8, outputs: 3), training: features, validation: nil)
    }
  }

  @Test func refusesAFrozenHead() throws {
    var head = linearHead(inputs: 7, outputs: 3)
    head.parameters["w"]?.isTrainable = false
    head.parameters["b"]?.isTrainable = false
    let features = try FeatureSet(features: Tensor([2, 7], repeating: 1), labels: [0, 1])
    #expect(
      throws: TrainingError(
        "nothing in the network is trainable; expected at least one parameter", kind: .badData)
    ) { try HeadTrainer().fit(head, training: features, validation: nil) }
  }
}
