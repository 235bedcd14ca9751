import GraftTensor
import GraftTraining
import Testing

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What all losses have in common; what is particular to softmax is in `SoftmaxCrossEntropyTests`.
@Suite struct LossTests {
  static func evaluate(
    _ loss: any Loss, _ outputs: Tensor, _ targets: Tensor, total: Double? = nil
  ) -> (loss: Double, gradient: [Float]) {
    var gradient = Tensor(outputs.shape, repeating: .nan)
    let value = withExtendedLifetime((outputs, targets)) {
      let targets = targets.unsafeView
      return loss.evaluate(
        outputs.unsafeView, targets: targets, total: total ?? loss.weight(of: targets),
        gradient: gradient.unsafeMutableView())
    }
    return (value, gradient.elements)
  }

  /// PyTorch computes in Double; what is left is the rounding of the recorded digits and of the
  /// gradient to Float.
  @Test func valuesAndGradientsArePyTorchs() throws {
    let lines = try fixture("dense_losses.txt")
    var names: Set<String> = []
    for start in stride(from: 0, to: lines.count, by: 5) {
      let (name, columns) = (lines[start][0], try #require(Int(lines[start][1])))
      let loss = try LossCatalog.make(
        name, labelSmoothing: try #require(Float(lines[start][2])),
        classWeights: lines[start + 1] == ["-"] ? nil : lines[start + 1].compactMap { Float($0) },
        gamma: try #require(Float(lines[start][3])))
      let y = lines[start + 2].compactMap { Float($0) }
      let z = lines[start + 3].compactMap { Float($0) }
      let expected = lines[start + 4].compactMap { Double($0) }
      let shape: Shape = [y.count / columns, columns]
      let (value, gradient) = Self.evaluate(loss, Tensor(shape, z), Tensor(shape, y))
      #expect(abs(value - expected[0]) <= 5e-7 * max(1, expected[0]), "\(lines[start])")
      for (a, b) in zip(gradient, expected.dropFirst()) {
        #expect(abs(Double(a) - b) <= 1e-7 * max(1, abs(b)), "\(lines[start]): \(a) ≠ \(b)")
      }
      names.insert(name)
    }
    #expect(lines.count == 28 * 5)
    #expect(names == Set(LossCatalog.names))
  }

  /// As the losses without weights.
  @Test func weightsOfPositiveAnswersArePyTorchs() throws {
    let lines = try fixture("positive_weights.txt")
    #expect(lines.count == 5 * 6)
    for start in stride(from: 0, to: lines.count, by: 6) {
      func floats(_ line: Int) -> [Float] { lines[start + line].compactMap { Float($0) } }
      let columns = try #require(Int(lines[start][1]))
      let loss = try LossCatalog.make(
        "sigmoid-cross-entropy", labelSmoothing: try #require(Float(lines[start][2])),
        classWeights: lines[start + 1] == ["-"] ? nil : floats(1), positiveWeights: floats(2))
      let (y, z) = (floats(3), floats(4))
      let expected = lines[start + 5].compactMap { Double($0) }
      let shape: Shape = [y.count / columns, columns]
      let (value, gradient) = Self.evaluate(loss, Tensor(shape, z), Tensor(shape, y))
      #expect(abs(value - expected[0]) <= 5e-7 * max(1, expected[0]), "\(lines[start])")
      for (a, b) in zip(gradient, expected.dropFirst()) {
        #expect(abs(Double(a) - b) <= 1e-7 * max(1, abs(b)), "\(lines[start]): \(a) ≠ \(b)")
      }
    }
  }

  @Test func weightsOfOneChangeNothing() {
    let targets = Tensor([4, 3], [1, 0, 0.5, 0, 1, 1, 0, 0, 0, 0.25, 1, 0])
    let (plain, slopes) = Self.evaluate(SigmoidCrossEntropy(), Self.outputs, targets)
    let (weighted, others) = Self.evaluate(
      SigmoidCrossEntropy(positiveWeights: [1, 1, 1]), Self.outputs, targets)
    #expect(abs(plain - weighted) < 1e-12)
    for (a, b) in zip(slopes, others) { #expect(abs(a - b) < 1e-7) }
  }

  static let losses: [any Loss] = [
    SoftmaxCrossEntropy(labelSmoothing: 0.1, classWeights: [0.5, 2, 1]),
    FocalLoss(), FocalLoss(gamma: 0.5, labelSmoothing: 0.1, classWeights: [0.5, 2, 1]),
    FocalLoss(gamma: 1), MeanSquaredError(), Huber(),
    SigmoidCrossEntropy(classWeights: [0.5, 2, 1], positiveWeights: [3, 0.5, 10]),
    HalfSquaredError(), SigmoidCrossEntropy(),
    SigmoidCrossEntropy(labelSmoothing: 0.1, classWeights: [0.5, 2, 1]),
    Hinge(), Hinge(labelSmoothing: 0.1, classWeights: [0.5, 2, 1]),
  ]

  static let outputs = Tensor([4, 3], [0.3, -1.2, 0.8, 2, 0.1, -0.5, 0, 0, 0, 1, 1, -3])
  static let targets = Tensor([4, 3], [0.25, 0.75, 0, 1, 0, 0, 0, 0, 1, 0.5, 0.25, 0.25])

  /// Central differences in Double of steps that Float holds exactly: h² is 1.5e-5.
  @Test(arguments: losses.indices) func gradientIsTheSlope(index: Int) {
    let loss = Self.losses[index]
    let gradient = Self.evaluate(loss, Self.outputs, Self.targets).gradient
    let (z, h) = (Self.outputs.elements, Float(0x1p-8))
    for i in z.indices {
      // At its bends a difference over both sides is a part of the step off.
      if loss is Huber, abs(z[i] - Self.targets.elements[i]) == 1 { continue }
      var (up, down) = (z, z)
      up[i] += h
      down[i] -= h
      let slope =
        (Self.evaluate(loss, Tensor([4, 3], up), Self.targets).loss
          - Self.evaluate(loss, Tensor([4, 3], down), Self.targets).loss)
        / Double(up[i] - down[i])
      #expect(abs(slope - Double(gradient[i])) < 1e-5, "\(loss)")
    }
  }

  /// A batch in parts, with the whole batch's weight as total, is the batch.
  @Test(arguments: losses.indices) func partsAddUp(index: Int) {
    let loss = Self.losses[index]
    let whole = Self.evaluate(loss, Self.outputs, Self.targets)
    let total = Self.targets.withUnsafeElements { _ in loss.weight(of: Self.targets.unsafeView) }
    var (sum, gradient) = (0.0, [Float]())
    for rows in [0..<1, 1..<4] {
      func part(_ tensor: Tensor) -> Tensor {
        Tensor([rows.count, 3], tensor.elements[rows.lowerBound * 3..<rows.upperBound * 3])
      }
      let result = Self.evaluate(loss, part(Self.outputs), part(Self.targets), total: total)
      sum += result.loss
      gradient += result.gradient
    }
    #expect(abs(sum - whole.loss) < 1e-12)
    #expect(gradient == whole.gradient)
  }

  @Test(arguments: losses.indices) func takesPooledOutputs(index: Int) {
    let loss = Self.losses[index]
    let flat = Self.evaluate(loss, Self.outputs, Self.targets)
    let pooled = Self.evaluate(
      loss, Self.outputs.reshaped(to: [4, 3, 1, 1]), Self.targets.reshaped(to: [4, 3, 1, 1]))
    #expect(flat == pooled)
  }

  /// A wrong answer costs something finite, a right one nothing, however sure the network is.
  @Test(
    arguments: [
      SoftmaxCrossEntropy(), FocalLoss(), FocalLoss(gamma: 0.5), FocalLoss(gamma: 0),
      SigmoidCrossEntropy(), Hinge(),
    ] as [any Loss])
  func staysFiniteForHugeLogits(loss: any Loss) {
    let right = Self.evaluate(loss, Tensor([1, 2], [1e30, -1e30]), Tensor([1, 2], [1, 0]))
    #expect(right.loss == 0)
    #expect(right.gradient.allSatisfy { $0 == 0 })
    let wrong = Self.evaluate(loss, Tensor([1, 2], [1e30, -1e30]), Tensor([1, 2], [0, 1]))
    #expect(wrong.loss.isFinite && wrong.loss > 1e29)
    #expect(wrong.gradient[0] > 0 && wrong.gradient[1] < 0)
    #expect(wrong.gradient.allSatisfy { $0.isFinite })
  }

  @Test func focalCaresLessForWhatIsRight() {
    // p = 0.9 and p = 0.1: the factors are 0.01 and 0.81.
    let z = Tensor([2, 2], [Float(log(9.0)), 0, 0, Float(log(9.0))])
    let y = Tensor([2, 2], [1, 0, 1, 0])
    let focal = Self.evaluate(FocalLoss(), z, y).loss
    #expect(abs(focal - (0.01 * -log(0.9) + 0.81 * -log(0.1)) / 2) < 1e-6)
  }

  @Test func hingeLeavesAloneWhatLeadsByTheMargin() {
    let z = Tensor([3, 3], [2, 1, 0.5, 2, 1.25, 0, 0, 0, 3])
    let y = Tensor([3, 3], [1, 0, 0, 1, 0, 0, 1, 0, 0])
    let (loss, gradient) = Self.evaluate(Hinge(), z, y)
    // Leads of 1 and 1.5; 0.75 and 2; 0 and −3.
    #expect(loss == 5.25 / 9)
    let pulls: [Double] = [0, 0, 0, -1, 1, 0, -2, 1, 1]
    #expect(gradient == pulls.map { Float($0 / 9) })
  }

  @Test func halfSquaredErrorMakesTheDeltaRule() {
    let (loss, gradient) = Self.evaluate(
      HalfSquaredError(), Tensor([2, 2], [1, 2, 3, 4]), Tensor([2, 2], [0, 2, 5, 4]), total: 1)
    #expect(loss == 2.5)
    #expect(gradient == [1, 0, -2, 0])
  }

  @Test func huberIsStraightBeyondOne() {
    let (loss, gradient) = Self.evaluate(
      Huber(), Tensor([1, 4], [0.5, 1, 3, -2]), Tensor([1, 4], [0, 0, 0, 0]))
    #expect(loss == (0.125 + 0.5 + 2.5 + 1.5) / 4)
    #expect(gradient == [0.125, 0.25, 0.25, -0.25])
  }

  @Test func catalogSaysWhatThereIs() {
    #expect(
      LossCatalog.names == [
        "cross-entropy", "focal", "half-squared-error", "hinge", "huber", "mean-squared-error",
        "sigmoid-cross-entropy",
      ])
    #expect(
      throws: TrainingError(
        "no loss is called 'mse'", kind: .badSetting,
        hints: [
          "known: cross-entropy, focal, half-squared-error, hinge, huber, mean-squared-error, "
            + "sigmoid-cross-entropy"
        ])
    ) {
      try LossCatalog.make("mse")
    }
    #expect(
      throws: TrainingError(
        "mean-squared-error takes targets as they are; expected no label smoothing, not 0.2",
        kind: .badSetting)
    ) {
      try LossCatalog.make("mean-squared-error", labelSmoothing: 0.2)
    }
    #expect(
      throws: TrainingError(
        "half-squared-error knows no classes; expected no class weights", kind: .badSetting)
    ) {
      try LossCatalog.make("half-squared-error", classWeights: [1])
    }
    #expect(
      throws: TrainingError(
        "hinge has no positive answers; expected no weights for them", kind: .badSetting)
    ) {
      try LossCatalog.make("hinge", positiveWeights: [1])
    }
    #expect(
      throws: TrainingError("gamma is -1.0; expected 0 or a number above", kind: .badSetting)
    ) {
      try LossCatalog.make("focal", gamma: -1)
    }
  }
}
