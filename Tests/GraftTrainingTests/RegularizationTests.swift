import GraftGraph
import GraftTensor
import GraftTraining
import Testing

/// Parameters that own their memory.
private final class Weights {
  private var values: [Tensor]
  private var gradients: [Tensor]
  private var parameters: [LearnedParameter] = []

  init(_ numbers: [(role: ParameterRole, values: [Float], gradients: [Float])]) {
    values = numbers.map { Tensor([$0.values.count], $0.values) }
    gradients = numbers.map { Tensor([$0.gradients.count], $0.gradients) }
    for i in numbers.indices {
      parameters.append(
        LearnedParameter(
          name: "\(i)", role: numbers[i].role, value: values[i].unsafeMutableView(),
          gradient: gradients[i].unsafeMutableView()))
    }
  }

  /// One weight without a gradient of interest.
  convenience init(_ values: [Float]) {
    self.init([(.weight, values, Array(repeating: 0, count: values.count))])
  }

  /// The windows, valid inside the closure.
  func with<R>(_ body: ([LearnedParameter]) -> R) -> R {
    withExtendedLifetime(self) { body(parameters) }
  }

  var value: [Float] { with { $0.flatMap { Array($0.value.elements) } } }
  var gradient: [Float] { with { $0.flatMap { Array($0.gradient.elements) } } }
}

@Suite struct GradientClippingTests {
  @Test func isPyTorchs() throws {
    var cases = 0
    let lines = try fixture("regularization.txt")
    for (index, line) in lines.enumerated() where line[0] == "clip" {
      let (maximum, norm) = (try #require(Float(line[1])), try #require(Double(line[2])))
      let before = lines[index + 1].compactMap { Float($0) }
      let after = lines[index + 2].compactMap { Float($0) }
      let weights = Weights([
        (.weight, Array(repeating: 0, count: 5), Array(before[..<5])),
        (.bias, Array(repeating: 0, count: 3), Array(before[5...])),
      ])
      let found = weights.with(GradientClipping(maximumNorm: maximum).clip)
      #expect(abs(found - norm) < 1e-6 * norm)  // PyTorch's norm is a Float
      for (a, b) in zip(weights.gradient, after) { #expect(abs(a - b) <= 2e-7 * abs(b)) }
      #expect((weights.gradient == before) == (norm < Double(maximum)))
      cases += 1
    }
    #expect(cases == 3)
  }

  @Test(arguments: [1, 7, 8, 9, 100_003]) func addsEveryElement(count: Int) {
    let weights = Weights([
      (.weight, [], []),
      (
        .scale, Array(repeating: 0, count: count),
        (0..<count).map { Float($0 % 5) - 1 }
      ),
    ])
    let sum = (0..<count).reduce(0) { $0 + ($1 % 5 - 1) * ($1 % 5 - 1) }
    #expect(weights.with(GradientClipping.norm) == Double(sum).squareRoot())
    weights.with { _ = GradientClipping(maximumNorm: 0.5).clip($0) }
    #expect(abs(weights.with(GradientClipping.norm) - 0.5) < 1e-5)
  }

  @Test(arguments: [Float.nan, .infinity]) func leavesWhatIsNotFinite(value: Float) {
    let weights = Weights([(.weight, [0, 0], [value, 3])])
    #expect(!weights.with(GradientClipping(maximumNorm: 1).clip).isFinite)
    #expect(weights.gradient[1] == 3)
  }
}

@Suite struct L1Tests {
  @Test func pullsWeightsOnly() {
    let weights = Weights([
      (.weight, [2, -3, 0], [1, 1, 1]), (.bias, [5], [1]), (.scale, [-5], [1]),
    ])
    #expect(weights.with(L1(0.5).addGradient) == 2.5)
    #expect(weights.gradient == [1.5, 0.5, 1, 1, 1])
    #expect(weights.value == [2, -3, 0, 5, -5])
  }

  @Test func addsEveryElement() {
    let values = (0..<70_001).map { Float($0 % 3) - 1 }
    let weights = Weights(values)
    let expected = Double(values.filter { $0 != 0 }.count) / 4
    #expect(weights.with(L1(0.25).addGradient) == expected)
    #expect(weights.gradient == values.map { $0 / 4 })
  }
}

@Suite struct WeightAverageTests {
  @Test func isPyTorchs() throws {
    var average: WeightAverage?
    var (weights, decay, steps) = (Weights([0]), Float(0), 0)
    for line in try fixture("regularization.txt") {
      let numbers = line.dropFirst().compactMap { Float($0) }
      switch line[0] {
      case "average":
        decay = numbers[0]
        average = nil
      case "w":
        weights = Weights(numbers)
        if average == nil {
          average = weights.with { WeightAverage(of: $0, decay: decay, isWarmingUp: false) }
        } else {
          weights.with { average!.update(with: $0) }
        }
      case "a":
        steps += 1
        for (a, b) in zip(average!.averages[0].elements, numbers) { #expect(abs(a - b) < 1e-6) }
      default: break
      }
    }
    #expect(steps == 12)
  }

  @Test func followsQuicklyInTheBeginning() {
    var average = Weights([0]).with { WeightAverage(of: $0, decay: 0.3) }
    let one = Weights([1])
    #expect(average.currentDecay == 0.1)
    one.with { average.update(with: $0) }
    #expect(average.averages[0].elements == [0.9])
    #expect(average.currentDecay == Float(2) / 11)
    one.with { average.update(with: $0) }
    #expect(average.currentDecay == 0.25)
    one.with { average.update(with: $0) }
    #expect(average.currentDecay == 0.3)
    #expect(average.step == 3)
  }

  @Test func exchangesThereAndBack() {
    let start = (0..<40_000).map { Float($0 % 11) }
    let weights = Weights(start)
    var average = weights.with { WeightAverage(of: $0, decay: 0.5, isWarmingUp: false) }
    weights.with { for i in start.indices { $0[0].value.base[i] += 2 } }
    weights.with { average.update(with: $0) }
    let kept = average
    weights.with { average.exchange(with: $0) }
    #expect(weights.value == start.map { $0 + 1 })
    #expect(average.averages[0].elements == start.map { $0 + 2 })
    #expect(kept != average)
    weights.with { average.exchange(with: $0) }
    #expect(kept == average)
    #expect(weights.value == start.map { $0 + 2 })
  }

  @Test func goesOnFromACheckpoint() {
    let weights = Weights([1, 2])
    var whole = Weights([0, 0]).with { WeightAverage(of: $0, decay: 0.9) }
    weights.with { whole.update(with: $0) }
    var resumed = WeightAverage(
      decay: 0.9, isWarmingUp: true, step: whole.step, averages: whole.averages)
    weights.with { whole.update(with: $0) }
    weights.with { resumed.update(with: $0) }
    #expect(whole == resumed)
  }
}
