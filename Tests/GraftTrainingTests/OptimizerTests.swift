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
    "adam": (Adam(), 0.01),
    "adam-decay": (Adam(beta1: 0.8, beta2: 0.95, weightDecay: 0.1), 0.01),
    "rmsprop": (RMSprop(), 0.01),
    "rmsprop-decay": (RMSprop(decay: 0.9, epsilon: 1e-5, weightDecay: 0.1), 0.01),
    "rmsprop-momentum": (RMSprop(momentum: 0.9, weightDecay: 0.1), 0.01),
    "adamw": (AdamW(weightDecay: 0.1), 0.01),
    "adamw-betas": (AdamW(beta1: 0.8, beta2: 0.95, epsilon: 1e-5, weightDecay: 0), 0.01),
  ]

  /// Twenty steps of Float rounding, in another order than PyTorch's, each relative to the largest
  /// number on the way.
  @Test func everyStepIsPyTorchs() throws {
    var (parameter, gradient) = (Tensor([5]), Tensor([5]))
    var (rule, role) = (Self.rules["adamw"]!, ParameterRole.weight)
    var state = OptimizerState(step: 0, slots: [])
    var (isFirst, steps, largest) = (true, 0, Float(1))
    for line in try fixture("optimizers.txt") {
      let numbers = line.dropFirst().compactMap { Float($0) }
      switch line[0] {
      case "case":
        rule = try #require(Self.rules[line[1]])
        role = line[2] == "weight" ? .weight : .bias
        (isFirst, largest) = (true, 1)
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
        largest = numbers.reduce(largest) { max($0, abs($1)) }
        for (a, b) in zip(parameter.elements, numbers) {
          #expect(abs(a - b) <= 2e-6 * largest, "\(rule) step \(state.step): \(a) ≠ \(b)")
        }
      }
    }
    #expect(steps == 22 * 20)
  }

  /// The settings of `Tests/Fixtures/training/make_one_cycle_fixtures.py`.
  @Test func everyStepOfACycleIsPyTorchs() throws {
    let rules: [String: (optimizer: any Optimizer, rate: Float)] = [
      "sgd": (SGD(weightDecay: 0.05), 0.1),
      "nesterov": (SGD(isNesterov: true, weightDecay: 0.05), 0.1),
      "adam": (Adam(weightDecay: 0.05), 0.01),
      "adamw": (AdamW(weightDecay: 0.05), 0.01),
      "rmsprop-momentum": (RMSprop(momentum: 0.9, weightDecay: 0.05), 0.01),
    ]
    let lines = try fixture("one_cycle.txt")
    #expect(lines.count == rules.count * 26)
    for start in stride(from: 0, to: lines.count, by: 26) {
      let rule = try #require(rules[lines[start][1]])
      let schedule = OneCycle(rule.rate, steps: 12)
      let numbers = lines[start..<start + 26].map { $0.dropFirst().compactMap { Float($0) } }
      var parameter = Tensor([4], numbers[1])
      var state = rule.optimizer.makeState(for: [4])
      for step in 0..<12 {
        let gradient = Tensor([4], numbers[2 * step + 2])
        let momentum = try #require(schedule.momentum(at: step))
        withExtendedLifetime(gradient) {
          rule.optimizer.withMomentum(momentum).update(
            parameter.unsafeMutableView(), gradient: gradient.unsafeView, role: .weight,
            state: &state, rate: schedule.rate(at: step))
        }
        for (a, b) in zip(parameter.elements, numbers[2 * step + 3]) {
          #expect(abs(a - b) <= 2e-6 * max(1, abs(b)), "\(rule) step \(step): \(a) ≠ \(b)")
        }
      }
    }
  }

  @Test func noMomentumStaysNone() {
    #expect(SGD(momentum: 0, weightDecay: 0.1).withMomentum(0.9).slotCount == 0)
    #expect(RMSprop(weightDecay: 0.1).withMomentum(0.9) == RMSprop(weightDecay: 0.1))
    #expect(SGD(isNesterov: true).withMomentum(0.5) == SGD(momentum: 0.5, isNesterov: true))
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

  /// More elements than one thread takes at a time: each moves as it would alone.
  @Test(arguments: OptimizerCatalog.names) func updatesEveryElementAlike(name: String) throws {
    let optimizer = try OptimizerCatalog.make(name, weightDecay: 0.1)
    func run(_ count: Int) -> Tensor {
      var generator = SeededGenerator(5)
      let gradients = (0..<7).map { _ in generator.normal() }
      var parameter = Tensor([count], (0..<count).map { Float($0 % 7) - 3 })
      var state = optimizer.makeState(for: [count])
      for step in 0..<3 {
        let gradient = Tensor([count], (0..<count).map { gradients[$0 % 7] * Float(step + 1) })
        withExtendedLifetime(gradient) {
          optimizer.update(
            parameter.unsafeMutableView(), gradient: gradient.unsafeView, role: .weight,
            state: &state, rate: 0.01)
        }
      }
      return parameter
    }
    let (few, many) = (run(7).elements, run(100_003).elements)
    #expect(many.indices.allSatisfy { many[$0] == few[$0 % 7] })
    #expect(Set(few).count == 7)
  }

  @Test func catalogSaysWhatThereIs() {
    #expect(OptimizerCatalog.names == ["adam", "adamw", "nesterov", "rmsprop", "sgd"])
    #expect(
      throws: TrainingError(
        "no optimizer is called 'adagrad'", kind: .badSetting,
        hints: ["known: adam, adamw, lbfgs, nesterov, rmsprop, sgd"])
    ) {
      try OptimizerCatalog.make("adagrad", weightDecay: 0)
    }
  }

  @Test func catalogPassesSettingsOn() throws {
    func made<Rule: Optimizer & Equatable>(
      _ name: String, _ settings: OptimizerSettings, as type: Rule.Type = Rule.self
    ) throws -> Rule? {
      try OptimizerCatalog.make(name, settings: settings) as? Rule
    }
    let betas = OptimizerSettings(weightDecay: 0.1, beta1: 0.5, beta2: 0.75)
    let momentum = OptimizerSettings(weightDecay: 0.1, momentum: 0.5)
    #expect(try made("adam", betas) == Adam(beta1: 0.5, beta2: 0.75, weightDecay: 0.1))
    #expect(try made("adamw", betas) == AdamW(beta1: 0.5, beta2: 0.75, weightDecay: 0.1))
    #expect(
      try made("nesterov", momentum) == SGD(momentum: 0.5, isNesterov: true, weightDecay: 0.1))
    #expect(
      try made("rmsprop", OptimizerSettings(momentum: 0.5, beta2: 0.75))
        == RMSprop(decay: 0.75, momentum: 0.5))
    #expect(try made("sgd", momentum) == SGD(momentum: 0.5, weightDecay: 0.1))
    let usual = OptimizerSettings()
    #expect(try made("adam", usual) == Adam())
    #expect(try made("adamw", usual) == AdamW(weightDecay: 0))
    #expect(try made("nesterov", usual) == SGD(isNesterov: true))
    #expect(try made("rmsprop", usual) == RMSprop())
    #expect(try made("sgd", usual) == SGD())
  }

  @Test(arguments: [
    (
      "adam", OptimizerSettings(momentum: 0.9),
      "adam has no momentum\n  momentum is a setting of: nesterov, rmsprop, sgd"
    ),
    (
      "rmsprop", OptimizerSettings(beta1: 0.9),
      "rmsprop has no beta1\n  beta1 is a setting of: adam, adamw"
    ),
    (
      "sgd", OptimizerSettings(beta2: 0.9),
      "sgd has no beta2\n  beta2 is a setting of: adam, adamw, rmsprop"
    ),
    (
      "sgd", OptimizerSettings(momentum: 1), "momentum is 1.0; expected 0 or a number below 1"
    ),
    (
      "adamw", OptimizerSettings(beta1: -0.5), "beta1 is -0.5; expected 0 or a number below 1"
    ),
    (
      "adamw", OptimizerSettings(beta2: .nan), "beta2 is nan; expected 0 or a number below 1"
    ),
    (
      "sgd", OptimizerSettings(weightDecay: -1),
      "weight decay is -1.0; expected 0 or a number above"
    ),
    (
      "nesterov", OptimizerSettings(momentum: 0),
      "momentum is 0; expected a number above 0, since nesterov looks ahead along the momentum\n"
        + "  Without momentum the optimizer is sgd."
    ),
  ])
  func refusesSettings(name: String, settings: OptimizerSettings, message: String) {
    let error = #expect(throws: TrainingError.self) {
      try OptimizerCatalog.make(name, settings: settings)
    }
    #expect(error?.description == message)
    #expect(error?.kind == .badSetting)
  }

  @Test func ratesFollowTheInputs() throws {
    #expect(try OptimizerCatalog.defaultRate("adamw", inputScale: 4) == 2.5e-4)
    #expect(try OptimizerCatalog.defaultRate("adam", inputScale: 4) == 2.5e-4)
    #expect(try OptimizerCatalog.defaultRate("rmsprop", inputScale: 4) == 2.5e-4)
    #expect(try OptimizerCatalog.defaultRate("sgd", inputScale: 2) == 2.5e-3)
  }
}
