import Foundation
import GraftTensor
import GraftTraining
import Testing

@Suite struct RateFinderTests {
  @Test func ratesGrowByOneFactor() throws {
    let finder = try RateFinder(TrainingOptions(), lowest: 1e-4, highest: 1, steps: 41)
    for (step, rate) in [(0, Float(1e-4)), (20, 1e-2), (40, 1)] {
      #expect(abs(finder.schedule.rate(at: step) / rate - 1) < 1e-5)
    }
  }

  /// A valley over the logarithm of the rate: steepest at 1e-3, lowest at 1e-1.
  @Test func readsTheCurve() throws {
    var curve = RateCurve()
    var rates: [Double] = []
    for step in 0..<80 {
      let exponent = -6 + Double(step) / 10
      let loss = 2 - 1 / (1 + exp10(-2 * (exponent + 3))) + max(0, exponent + 1) * 3
      rates.append(exponent)
      if !curve.add(rate: exp10(exponent), loss: loss) { break }
    }
    // The running mean lags about nine steps of a tenth behind.
    let steepest = try #require(curve.steepest)
    #expect((1e-3...1e-2).contains(steepest))
    let lowest = try #require(curve.tenthOfLowest)
    #expect((1e-3...1e-1).contains(lowest))
    #expect(curve.suggestion == min(steepest, lowest))
    #expect(curve.csv.split(separator: "\n").count == curve.points.count + 1)
    #expect(curve.csv.hasPrefix("rate,loss,smoothed\n"))
  }

  @Test func endsWhereTheLossExplodes() {
    var curve = RateCurve()
    let goesOn = [(1, 1), (2, 1), (3, 100), (4, Double.nan)].map { rate, loss in
      curve.add(rate: rate, loss: loss)
    }
    #expect(goesOn == [true, true, false, false])
    #expect(curve.points.count == 3)
  }

  @Test func suggestsNothingWhereNothingFalls() {
    var curve = RateCurve()
    for step in 1...20 { _ = curve.add(rate: Double(step), loss: 1 + 0.01 * Double(step)) }
    #expect(curve.suggestion == nil)
  }

  @Test func leavesTheNetworkAsItWas() throws {
    let network = LinearNetwork(inputs: 8, outputs: 3)
    var options = TrainingOptions(batchSize: 16, optimizer: "sgd")
    options.averageDecay = 0.9
    var told: [Int] = []
    let curve = try RateFinder(options, lowest: 1e-3, highest: 1e3, steps: 60).run(
      network, on: TrainerTests.clusters(64, seed: 1)
    ) {
      told.append($0)
      return .proceed
    }
    #expect(network.weights.allSatisfy { $0 == 0 })
    #expect(told == Array(1...told.count))
    let suggestion = try #require(curve.suggestion)
    #expect((1e-3...10).contains(suggestion))
    // What it suggests learns.
    options.learningRate = Float(suggestion)
    let result = try Trainer(options).fit(
      network, training: TrainerTests.clusters(120, seed: 1),
      validation: TrainerTests.clusters(60, seed: 2))
    #expect(result.epochs[result.bestEpoch - 1].validationAccuracy! > 0.8)
  }

  @Test func refusesRatesThatAreNone() {
    #expect(
      throws: TrainingError(
        "rates from 1.0 to 0.5; expected numbers above 0, the second the higher", kind: .badSetting)
    ) { try RateFinder(TrainingOptions(), lowest: 1, highest: 0.5) }
    #expect(throws: TrainingError("3 steps; expected at least 10", kind: .badSetting)) {
      try RateFinder(TrainingOptions(), steps: 3)
    }
    #expect(throws: TrainingError("lbfgs has no learning rate to find", kind: .badSetting)) {
      try RateFinder(TrainingOptions(optimizer: "lbfgs"))
    }
  }

  private func exp10(_ exponent: Double) -> Double { pow(10, exponent) }
}
