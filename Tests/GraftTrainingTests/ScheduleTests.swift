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

  @Test func catalogMakesEach() throws {
    #expect(ScheduleCatalog.names == ["constant", "cosine", "step"])
    for name in ScheduleCatalog.names {
      let schedule = try ScheduleCatalog.make(name, rate: 0.5, steps: 9, warmup: 3)
      #expect(abs(schedule.rate(at: 3) - 0.5) < 1e-7)
      #expect(schedule.rate(at: 0) < 0.2)
      #expect((0..<20).allSatisfy { (0...0.5).contains(schedule.rate(at: $0)) })
    }
    let thirds = try ScheduleCatalog.make("step", rate: 1, steps: 9)
    #expect(abs(thirds.rate(at: 8) - 0.01) < 1e-7)
    #expect(
      throws: TrainingError(
        "no schedule is called 'linear'", kind: .badSetting,
        hints: ["known: constant, cosine, step"])
    ) {
      try ScheduleCatalog.make("linear", rate: 1, steps: 1)
    }
  }
}
