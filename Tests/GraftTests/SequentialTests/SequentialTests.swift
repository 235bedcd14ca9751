import Foundation
import Graft
import Testing

@Suite struct SequentialTests {
  /// Points of three clouds on a circle.
  private func clouds(_ count: Int, seed: UInt64 = 3) -> (x: Tensor, labels: [Int]) {
    var generator = SeededGenerator(seed)
    var x: [Float] = []
    let labels = (0..<count).map { $0 % 3 }
    for label in labels {
      let angle = Double(label) * 2 * .pi / 3
      x.append(Float(cos(angle)) + 0.3 * generator.normal())
      x.append(Float(sin(angle)) + 0.3 * generator.normal())
    }
    return (Tensor([count, 2], x), labels)
  }

  private func classifier(_ loss: SequentialLoss = .categoricalCrossentropy) -> Sequential {
    let model = Sequential(input: [2]) {
      Dense(8, activation: .relu)
      Dense(3, activation: .softmax)
    }
    model.compile(loss: loss, optimizer: .sgd(learningRate: 0.5), metrics: [.accuracy])
    return model
  }

  @Test func learnsToTellCloudsApart() throws {
    let (x, labels) = clouds(300)
    let model = classifier()
    let history = try model.fit(
      x, Targets.oneHot(labels, classes: 3), batchSize: 16, epochs: 5, validationSplit: 0.2)
    #expect(history.epochs.count == 5)
    #expect(history.validationAccuracy.last! > 0.95)
    #expect(history.loss.last! < history.loss[0])
    let test = clouds(90, seed: 4)
    let score = try model.evaluate(test.x, Targets.oneHot(test.labels, classes: 3))
    #expect(score.accuracy > 0.95)
    let probabilities = try model.predict(test.x, batchSize: 7)
    #expect(probabilities.shape == [90, 3])
    let p = probabilities.elements
    for row in 0..<90 { #expect(abs(p[3 * row..<3 * row + 3].reduce(0, +) - 1) < 1e-5) }
    // The loss that evaluate measures is that of the probabilities.
    let loss = test.labels.enumerated().reduce(0) {
      $0 - log(Double(p[3 * $1.offset + $1.element]))
    }
    #expect(abs(loss / 90 - score.loss) < 1e-5)
  }

  @Test func labelsLearnAsOneHotRowsDo() throws {
    let (x, labels) = clouds(60)
    let (a, b) = (classifier(), classifier(.sparseCategoricalCrossentropy))
    let first = try a.fit(x, Targets.oneHot(labels, classes: 3), epochs: 3)
    let second = try b.fit(x, Tensor([60, 1], labels.map(Float.init)), epochs: 3)
    #expect(first == second)
  }

  @Test func validatesOnTheLastRows() throws {
    var (x, labels) = clouds(30)
    // The last fifth is all of class 2, in a place that nothing else is in.
    x = Tensor([30, 2], Array(x.elements[..<48]) + [Float](repeating: 50, count: 12))
    labels = Array(labels[..<24]) + [Int](repeating: 2, count: 6)
    let model = classifier()
    let targets = Targets.oneHot(labels, classes: 3)
    let split = try model.fit(x, targets, epochs: 2, validationSplit: 0.2)
    let other = classifier()
    let rows = { (tensor: Tensor, range: Range<Int>, width: Int) in
      Tensor(
        [range.count, width],
        Array(tensor.elements[range.lowerBound * width..<range.upperBound * width]))
    }
    let given = try other.fit(
      rows(x, 0..<24, 2), rows(targets, 0..<24, 3), epochs: 2,
      validationData: (rows(x, 24..<30, 2), rows(targets, 24..<30, 3)))
    #expect(split == given)
  }

  @Test func endsWithTheWeightsOfTheLastEpoch() throws {
    let (x, labels) = clouds(30)
    let targets = Targets.oneHot(labels, classes: 3)
    let wrong = Targets.oneHot(labels.map { ($0 + 1) % 3 }, classes: 3)
    let model = classifier()
    // The better it learns, the worse it is on wrong labels: the first epoch is the best one.
    let history = try model.fit(x, targets, epochs: 6, validationData: (x, wrong))
    #expect(history.validationLoss.last! > history.validationLoss[0])
    #expect(abs(try model.evaluate(x, wrong).loss - history.validationLoss.last!) < 1e-6)
  }

  @Test func fitsALine() throws {
    let x = Tensor([20, 1], (0..<20).map { Float($0) / 10 - 1 })
    let y = Tensor([20, 1], x.elements.map { 3 * $0 - 2 })
    let model = Sequential(input: [1]) { Dense(1) }
    model.compile(loss: .meanSquaredError, optimizer: .sgd(learningRate: 0.2, momentum: 0.5))
    try model.fit(x, y, batchSize: 20, epochs: 200)
    #expect(try model.evaluate(x, y).loss < 1e-6)
    let found = try model.predict(Tensor([1, 1], [0.5])).elements
    #expect(abs(found[0] + 0.5) < 1e-2)
  }

  /// Mean square error of 1 and −3 against 0: (1 + 9) / 2; and its step of gradient descent.
  @Test func lossesAreTakenOverAllOutputs() throws {
    let x = Tensor([2, 1], [1, -3])
    let zero = Tensor([2, 2])
    let model = Sequential(input: [1]) { Dense(2, initialization: .normal(0)) }
    model.compile(loss: .meanSquaredError, optimizer: .sgd(learningRate: 0.25))
    let y = Tensor([2, 2], [1, 0, -3, 0])
    #expect(try model.evaluate(x, y).loss == 10.0 / 4)
    try model.fit(x, y, batchSize: 2)
    // ∂L/∂w₀ = 2 · (−1 − 9) / 4 = −5, ∂L/∂b₀ = 2 · (−1 + 3) / 4 = 1
    #expect(try model.predict(Tensor([1, 1], [0])).elements == [-0.25, 0])
    #expect(try model.predict(Tensor([1, 1], [1])).elements == [1, 0])
    #expect(try model.evaluate(x, zero).loss > 0)
  }

  /// Against `torch.nn.functional.binary_cross_entropy_with_logits` in Double, see the formula:
  /// log(1 + e^−2) for z = 2, t = 1 and 100 for z = −100, t = 1.
  @Test func binaryCrossentropyHoldsForLargeSums() throws {
    let model = Sequential(input: [1]) {
      Dense(1, activation: .sigmoid, initialization: .normal(0))
    }
    model.compile(loss: .binaryCrossentropy, optimizer: .sgd(learningRate: 4))
    let (x, y) = (Tensor([2, 1], [1, 1]), Tensor([2, 1], [1, 1]))
    #expect(abs(try model.evaluate(x, y).loss - log(2)) < 1e-7)
    // Both gradients are −1/2: w and b become 2.
    try model.fit(x, y, batchSize: 2)
    let expected = log1p(exp(-4.0))
    #expect(abs(try model.evaluate(x, y).loss - expected) < 1e-6)
    let far = Tensor([1, 1], [-51])
    #expect(abs(try model.evaluate(far, Tensor([1, 1], [1])).loss - 100) < 1e-4)
  }

  @Test func saysAnEpochInKerassWords() throws {
    let (x, labels) = clouds(50)
    var lines: [String] = []
    try classifier().fit(
      x, Targets.oneHot(labels, classes: 3), batchSize: 20, epochs: 2, validationSplit: 0.2,
      verbose: 2
    ) { lines.append($0) }
    #expect(lines.count == 4)
    #expect(lines[0] == "Epoch 1/2")
    let number = "[0-9]+\\.[0-9]{4}"
    let pattern =
      "^2/2 - 0s - [0-9]+ms/step - accuracy: \(number) - loss: \(number) - val_accuracy: \(number) "
      + "- val_loss: \(number)$"
    #expect(lines[1].range(of: pattern, options: .regularExpression) != nil, "\(lines[1])")
    try classifier().fit(x, Targets.oneHot(labels, classes: 3)) { _ in
      Issue.record("nobody asked for lines")
    }
  }

  @Test func summarises() {
    let model = Sequential(input: [1, 12, 12], name: "small") {
      Conv2D(4, kernelSize: 3, padding: .same, activation: .relu)
      BatchNormalization()
      MaxPooling2D(2)
      Conv2D(8, kernelSize: 3)
      Activation(.tanh)
      AveragePooling2D(2)
      Flatten()
      Dropout(0.5)
      Dense(100)
      Dense(1000, activation: .softmax)
    }
    #expect(
      model.summary() == """
        Model: "small"
        --------------------------------------------------------------------
        Layer (type)                              Output shape       Param #
        --------------------------------------------------------------------
        conv2d (Conv2D)                           (None, 4, 12, 12)       40
        batch_normalization (BatchNormalization)  (None, 4, 12, 12)       16
        max_pooling2d (MaxPooling2D)              (None, 4, 6, 6)          0
        conv2d_1 (Conv2D)                         (None, 8, 4, 4)        296
        activation (Activation)                   (None, 8, 4, 4)          0
        average_pooling2d (AveragePooling2D)      (None, 8, 2, 2)          0
        flatten (Flatten)                         (None, 32)               0
        dropout (Dropout)                         (None, 32)               0
        dense (Dense)                             (None, 100)          3,300
        dense_1 (Dense)                           (None, 1000)       101,000
        --------------------------------------------------------------------
        Total params: 104,652
        Trainable params: 104,644
        Non-trainable params: 8
        """)
  }

  @Test func savesWhatItPredicts() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "seq-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = FilePath(folder.appending(path: "model.onnx").path(percentEncoded: false))
    let model = Sequential(input: [2, 8, 8]) {
      Conv2D(4, kernelSize: 3, strides: 2, padding: .same, activation: .relu)
      BatchNormalization()
      Dropout(0.5)
      GlobalAveragePooling2D()
      Dense(3, activation: .softmax)
    }
    model.compile(
      loss: .sparseCategoricalCrossentropy, optimizer: .adam(), metrics: [.accuracy])
    var generator = SeededGenerator(1)
    let x = Tensor([12, 2, 8, 8], (0..<12 * 128).map { _ in generator.normal() })
    try model.fit(x, Tensor([12], (0..<12).map { Float($0 % 3) }), batchSize: 4, epochs: 2)
    try model.save(to: path)
    let before = try model.predict(x)
    let file = try ONNXReader.read(path)
    #expect(file.graph.nodes.map(\.opType).contains("Softmax"))
    #expect(file.graph.nodes.first { $0.opType == "BatchNormalization" }?.outputs.count == 1)
    let statistics = model.graph.parameters["batch_normalization.running_mean"]?.tensor.elements
    #expect(try #require(statistics).contains { $0 != 0 })
    let read = try imported(file)
    let session = try Session(read, batchSize: 12, mode: .inference)
    #expect(Array(session.forward(x.unsafeView).elements) == before.elements)
    withExtendedLifetime(x) {}
    let error = #expect(throws: GraftError.self) { try model.save(to: path) }
    #expect(error?.kind == .cannotCreate)
    try model.save(to: path, replacing: true)
  }

  @Test func predictsImagesChannelsFirst() throws {
    let model = Sequential(input: [2, 2, 3]) { MaxPooling2D(1) }
    let x = Tensor([2, 2, 2, 3], (0..<24).map(Float.init))
    #expect(try model.predict(x, batchSize: 1) == x)
    #expect(try model.predict(x) == x)
  }

  @Test func theSameSeedGivesTheSameNetwork() throws {
    let (x, labels) = clouds(40)
    func run() throws -> [Float] {
      let model = Sequential(input: [2], seed: 5) {
        Dense(6, activation: .tanh)
        Dropout(0.3)
        Dense(3, activation: .softmax)
      }
      model.compile(loss: .categoricalCrossentropy, optimizer: .rmsprop())
      try model.fit(x, Targets.oneHot(labels, classes: 3), epochs: 2, seed: 9)
      return try model.predict(x).elements
    }
    #expect(try run() == run())
  }

  @Test func layersMayDependOnConditions() {
    func model(deep: Bool) -> Sequential {
      Sequential(input: [2]) {
        for _ in 0..<2 { Dense(4, activation: .relu) }
        if deep { Dense(5) } else { Dense(6) }
        if deep { Dropout(0.1) }
        Dense(2)
      }
    }
    #expect(model(deep: true).graph.nodes.map(\.opType).count == 7)
    #expect(model(deep: false).graph.parameters["dense_2.weight"]?.tensor.shape == [6, 4])
  }
}

// MARK: - Mistakes

@Suite struct SequentialMistakesTests {
  private let x = Tensor([4, 2])
  private let y = Tensor([4, 3])

  private func error(_ body: () throws -> Void) -> String? {
    #expect(throws: GraftError.self) { try body() }?.description
  }

  private func model(_ loss: SequentialLoss) -> Sequential {
    let model = Sequential(input: [2]) { Dense(3, activation: .softmax) }
    model.compile(loss: loss)
    return model
  }

  @Test func aModelThatIsNotCompiledSaysSo() {
    let model = Sequential(input: [2]) { Dense(3) }
    #expect(
      error { try model.fit(x, y) } == """
        the model is not compiled
          Call compile(loss:optimizer:metrics:) before fit and evaluate.
        """)
  }

  @Test func aLayerThatDoesNotFitIsNamed() {
    let model = Sequential(input: [1, 4, 4]) {
      Conv2D(2, kernelSize: 5)
      Flatten()
      Dense(2)
    }
    let expected =
      "layer 'conv2d' (Conv): the window spans 5 pixels of height; the input has 4 and 0 + 0 of padding"
    #expect(error { _ = try model.predict(Tensor([1, 1, 4, 4])) } == expected)
    #expect(error { try model.save(to: "/nowhere/model.onnx") } == expected)
    let empty = Sequential(input: [2]) {}
    #expect(error { _ = try empty.predict(x) } == "the model has no layers")
  }

  @Test func theLossMustFitTheEnd() {
    let model = Sequential(input: [2]) { Dense(3) }
    model.compile(loss: .categoricalCrossentropy)
    #expect(
      error { try model.fit(x, y) } == """
        categoricalCrossentropy needs a network that ends in softmax
          Give the last layer activation: .softmax
        """)
    let single = Sequential(input: [2]) { Dense(1, activation: .sigmoid) }
    single.compile(loss: .binaryCrossentropy, metrics: [.accuracy])
    #expect(
      error { try single.fit(x, y) } == "accuracy is measured between outputs; the model has one")
  }

  @Test func shapesMustFit() {
    #expect(
      error { try model(.categoricalCrossentropy).fit(Tensor([4, 3]), y) }
        == "x has shape [4, 3]; the model takes [N, 2]")
    #expect(
      error { try model(.categoricalCrossentropy).fit(x, Tensor([3, 3])) }
        == "x has 4 rows, y has shape [3, 3]; expected as many")
    #expect(
      error { try model(.categoricalCrossentropy).fit(x, Tensor([4, 1])) } == """
        y has shape [4, 1]; the model gives [4, 3]
          For labels 0, 1, 2 … the loss is sparseCategoricalCrossentropy.
        """)
    #expect(
      error { try model(.sparseCategoricalCrossentropy).fit(x, y) } == """
        y has shape [4, 3]; expected one label for each row
          For one-hot rows the loss is categoricalCrossentropy.
        """)
    #expect(
      error { try model(.sparseCategoricalCrossentropy).fit(x, Tensor([4], [0, 1, 2, 3])) }
        == "a label is 3.0; expected 0 to 2")
    #expect(
      error { try model(.categoricalCrossentropy).fit(Tensor([0, 2]), Tensor([0, 3])) }
        == "x has no rows; expected at least one")
  }

  @Test func settingsMustBeInRange() {
    #expect(
      error { try model(.categoricalCrossentropy).fit(x, y, validationSplit: 1) }
        == "validation split is 1.0; expected 0 or a fraction below 1")
    #expect(
      error { try model(.categoricalCrossentropy).fit(x, y, epochs: 0) }
        == "epochs is 0; expected at least 1")
    #expect(
      error { try model(.categoricalCrossentropy).fit(x, y, batchSize: 0) }
        == "batch size is 0; expected at least 1")
  }
}
