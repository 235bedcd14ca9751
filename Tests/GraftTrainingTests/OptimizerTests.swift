import GraftGraph
import GraftTensor
import GraftTraining
import Testing

@Suite struct OptimizerTests {
  /// The settings of `Tests/Fixtures/training/make_optimizer_fixtures.py`.
  static let rules: [String: (optimizer: any Optimizer, rate: Float)] = [
    "sgd-plain": (SGD(momentum: 0), 0.1),
    "sgd-momentum": (SGD(), 0.1),
    "sgd-decay": (SGD(weightDecay: 0.05), 0.1),
    "sgd-nesterov": (SGD(isNesterov: true, weightDecay: 0.05), 0.1),
    "adamw": (AdamW(weightDecay: 0.1), 0.01),
    "adamw-betas": (AdamW(beta1: 0.8, beta2: 0.95, epsilon: 1e-5, weightDecay: 0), 0.01),
  ]

  /// Relative 2e-6: a dozen steps of Float rounding, in another order than PyTorch's.
  @Test func everyStepIsPyTorchs() throws {
    var (parameter, gradient) = (Tensor([5]), Tensor([5]))
    var (rule, role) = (Self.rules["adamw"]!, ParameterRole.weight)
    var state = OptimizerState(step: 0, slots: [])
    var (isFirst, steps) = (true, 0)
    for line in try fixture("optimizers.txt") {
      let numbers = line.dropFirst().compactMap { Float($0) }
      switch line[0] {
      case "case":
        rule = try #require(Self.rules[line[1]])
        role = line[2] == "weight" ? .weight : .bias
        isFirst = true
      case "p" where isFirst:
        parameter = Tensor([5], numbers)
        state = rule.optimizer.makeState(for: [5])
        isFirst = false
      case "g":
        gradient = Tensor([5], numbers)
        rule.optimizer.update(
          parameter.unsafeMutableView(), gradient: gradient.unsafeView, role: role, state: &state,
          rate: rule.rate)
      default:
        steps += 1
        for (a, b) in zip(parameter.elements, numbers) {
          #expect(abs(a - b) <= 2e-6 * max(1, abs(b)), "\(rule) step \(state.step): \(a) ≠ \(b)")
        }
      }
    }
    #expect(steps == 12 * 12)
  }

  @Test func decaysWeightsOnly() throws {
    for name in OptimizerCatalog.names {
      for role in [ParameterRole.weight, .bias, .scale] {
        var (parameter, gradient) = (Tensor([3], repeating: 2), Tensor([3]))
        let optimizer = try OptimizerCatalog.make(name, weightDecay: 0.1)
        var state = optimizer.makeState(for: [3])
        optimizer.update(
          parameter.unsafeMutableView(), gradient: gradient.unsafeMutableView().readOnly,
          role: role, state: &state, rate: 0.5)
        #expect((parameter.elements[0] < 2) == (role == .weight), "\(name) \(role)")
      }
    }
  }

  @Test func stateIsAValue() {
    let optimizer = SGD()
    var (parameter, gradient) = (Tensor([2], repeating: 1), Tensor([2], repeating: 1))
    var state = optimizer.makeState(for: [2])
    let before = state
    optimizer.update(
      parameter.unsafeMutableView(), gradient: gradient.unsafeMutableView().readOnly,
      role: .weight, state: &state, rate: 0.5)
    #expect(before.slots[0].elements == [0, 0])
    #expect(state.slots[0].elements == [1, 1])
    #expect(state.step == 1)
  }

  @Test func catalogSaysWhatThereIs() {
    #expect(OptimizerCatalog.names == ["adamw", "nesterov", "sgd"])
    #expect(
      throws: TrainingError(
        "no optimizer is called 'adam'", kind: .badSetting, hints: ["known: adamw, nesterov, sgd"])
    ) {
      try OptimizerCatalog.make("adam", weightDecay: 0)
    }
  }

  @Test func ratesFollowTheInputs() throws {
    #expect(try OptimizerCatalog.defaultRate("adamw", inputScale: 4) == 2.5e-4)
    #expect(try OptimizerCatalog.defaultRate("sgd", inputScale: 2) == 2.5e-3)
  }
}
