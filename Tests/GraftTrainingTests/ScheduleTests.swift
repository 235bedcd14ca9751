import GraftTraining
import Testing

@Suite struct ScheduleTests {
  @Test func constantIsConstant() {
    #expect(Constant(0.3).rate(at: 0) == 0.3)
    #expect(Constant(0.3).rate(at: 1_000_000) == 0.3)
  }

  @Test func cosineFallsFromFirstToLast() {
    let schedule = Cosine(1, steps: 4, finalRate: 0.5)
    let expected: [Float] = [1, 0.9267767, 0.75, 0.5732233, 0.5, 0.5]
    for (step, rate) in expected.enumerated() {
      #expect(abs(schedule.rate(at: step) - rate) < 1e-6)
    }
  }

  @Test func stepDecayFallsAfterEachInterval() {
    let schedule = StepDecay(1, factor: 0.5, every: 3)
    #expect((0..<8).map { schedule.rate(at: $0) } == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25])
  }

  @Test func warmupRisesThenFollows() {
    let schedule = Warmup(steps: 4, then: StepDecay(0.8, factor: 0.5, every: 2))
    let expected: [Float] = [0.2, 0.4, 0.6, 0.8, 0.8, 0.8, 0.4, 0.4, 0.2]
    for (step, rate) in expected.enumerated() {
      #expect(abs(schedule.rate(at: step) - rate) < 1e-6)
    }
    #expect(Warmup(steps: 0, then: Constant(2)).rate(at: 0) == 2)
  }

  /// The settings of `Tests/Fixtures/training/make_schedule_fixtures.py`.
  @Test func ratesAndMomentaArePyTorchs() throws {
    let schedules: [String: any Schedule] = [
      "one-cycle": OneCycle(0.1, steps: 20),
      "one-cycle-divisors": OneCycle(
        1, steps: 50, rise: 0.1, initialDivisor: 10, finalDivisor: 100),
      "one-cycle-momenta": OneCycle(0.2, steps: 12, rise: 0.5, momenta: 0.5...0.75),
      "one-cycle-short": OneCycle(0.5, steps: 5, rise: 0.1),
      "multi-step": MultiStep(0.5, factor: 0.2, milestones: [9, 3, 4]),
      "exponential": Exponential(0.5, factor: 0.7),
      "linear": Polynomial(0.5, steps: 10),
      "polynomial": Polynomial(0.5, steps: 10, power: 2.5),
      "cosine": Cosine(0.5, steps: 10, finalRate: 0.05),
    ]
    let lines = try fixture("schedules.txt")
    let momenta = lines.filter { $0[0] == "momentum" }
    let rates = lines.filter { $0[0] != "momentum" }
    #expect(Set(rates.map { $0[0] }) == Set(schedules.keys))
    #expect(
      Set(momenta.map { $0[1] })
        == Set(schedules.keys.filter { schedules[$0]?.momentum(at: 0) != nil }))
    for line in momenta {
      let schedule = try #require(schedules[line[1]])
      for (step, value) in line.dropFirst(2).compactMap({ Float($0) }).enumerated() {
        let momentum = try #require(schedule.momentum(at: step))
        #expect(abs(momentum - value) <= 1e-6, "\(line[1]) \(step)")
      }
    }
    for line in rates {
      let schedule = try #require(schedules[line[0]])
      for (step, rate) in line.dropFirst().compactMap({ Float($0) }).enumerated() {
        #expect(abs(schedule.rate(at: step) - rate) <= 1e-6 * rate + 1e-8, "\(line[0]) \(step)")
      }
    }
  }

  @Test func oneCycleHasAFirstAndALastRate() {
    let schedule = OneCycle(1, steps: 10, rise: 0.5, initialDivisor: 4, finalDivisor: 10)
    #expect(schedule.rate(at: -1) == 0.25)
    #expect(schedule.rate(at: 4) == 1)
    #expect(schedule.rate(at: 1000) == 0.025)
    // At one step there is nothing to rise or fall between.
    for rise in [Float(0), 0.3, 1] {
      let rate = OneCycle(1, steps: 1, rise: rise).rate(at: 0)
      #expect(rate.isFinite && rate > 0)
    }
  }

  @Test func oneCycleLeavesTheMomentumAloneWhereToldTo() throws {
    #expect(OneCycle(1, steps: 10, momenta: nil).momentum(at: 3) == nil)
    let make = { try ScheduleCatalog.make("one-cycle", rate: 1, steps: 10, movesMomentum: $0) }
    #expect(try make(true).momentum(at: 2) == 0.85)
    #expect(try make(false).momentum(at: 2) == nil)
    #expect(try make(false).rate(at: 4) == make(true).rate(at: 4))
  }

  @Test func warmupWaitsWithTheMomentum() {
    let schedule = Warmup(steps: 3, then: OneCycle(1, steps: 4, rise: 0.5))
    let expected: [Float?] = [0.95, 0.95, 0.95, 0.95, 0.85, 0.9, 0.95, 0.95]
    #expect((0..<8).map { schedule.momentum(at: $0) } == expected)
    #expect(Warmup(steps: 3, then: Constant(1)).momentum(at: 5) == nil)
  }

  @Test func exponentialRisesToo() {
    let schedule = Exponential(1e-3, factor: 100, over: 4)
    for (step, rate) in [1e-3, 3.1622776e-3, 1e-2, 3.1622776e-2, 0.1].enumerated() {
      #expect(abs(schedule.rate(at: step) - Float(rate)) < 1e-8)
    }
  }

  @Test func linearScalingFollowsTheBatch() {
    #expect(LinearScaling.rate(base: 0.1, batch: 8192) == 3.2)
    #expect(LinearScaling.rate(base: 0.1, batch: 64) == 0.025)
    #expect(LinearScaling.rate(base: 0.1, batch: 64, baseBatch: 32) == 0.2)
    #expect(LinearScaling.warmupSteps(samples: 1000, batch: 512) == 10)
    #expect(LinearScaling.warmupSteps(samples: 1000, batch: 256) == 0)
    #expect(LinearScaling.warmupSteps(samples: 100, batch: 64, baseBatch: 32, epochs: 2) == 4)
  }

  @Test func catalogMakesEach() throws {
    #expect(
      ScheduleCatalog.names == [
        "constant", "cosine", "exponential", "linear", "multi-step", "one-cycle", "step",
      ])
    for name in ScheduleCatalog.names {
      let schedule = try ScheduleCatalog.make(name, rate: 0.5, steps: 9, warmup: 3)
      #expect(abs(schedule.rate(at: 3) - 0.5) < 1e-7, "\(name)")
      #expect(schedule.rate(at: 0) < 0.2)
      #expect((0..<20).allSatisfy { (0...0.5).contains(schedule.rate(at: $0)) })
    }
    let thirds = try ScheduleCatalog.make("step", rate: 1, steps: 9)
    #expect(abs(thirds.rate(at: 8) - 0.01) < 1e-7)
    let quarters = try ScheduleCatalog.make("multi-step", rate: 1, steps: 8)
    for (step, rate) in [1, 1, 1, 1, 0.1, 0.1, 0.01, 0.01].enumerated() {
      #expect(abs(quarters.rate(at: step) - Float(rate)) < 1e-7)
    }
    let hundredth = try ScheduleCatalog.make("exponential", rate: 1, steps: 8)
    #expect(abs(hundredth.rate(at: 8) - 0.01) < 1e-7)
    #expect(
      try ScheduleCatalog.make("one-cycle", rate: 0.2, steps: 30).rate(at: 8) == 0.2)
    #expect(
      throws: TrainingError(
        "no schedule is called 'square'", kind: .badSetting,
        hints: ["known: constant, cosine, exponential, linear, multi-step, one-cycle, step"])
    ) {
      try ScheduleCatalog.make("square", rate: 1, steps: 1)
    }
  }
}
