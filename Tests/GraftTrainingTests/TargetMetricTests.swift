import GraftTraining
import Testing

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

@Suite struct TargetMetricTests {
  private let lines: [[Double]]

  init() throws { lines = try fixture("target_metrics.txt").map { $0.compactMap { Double($0) } } }

  private func floats(_ line: Int) -> [Float] { lines[line].map { Float($0) } }

  @Test func labelsAreScikitLearns() {
    let report = MultiLabelReport(logits: floats(0), targets: floats(1), labelCount: 5)
    #expect(report.photos == 40)
    for label in 0..<5 {
      let (found, expected) = (report.perLabel[label], lines[2 + label])
      #expect(abs(found.precision - expected[0]) < 1e-12)
      #expect(abs(found.recall - expected[1]) < 1e-12)
      #expect(abs(found.f1 - expected[2]) < 1e-12)
      #expect(Double(found.support) == expected[3])
      #expect(abs((found.averagePrecision ?? -1) - expected[4]) < 1e-12)
      let threshold = 1 / (1 + exp(-expected[5]))
      #expect(abs((found.bestThreshold ?? -1) - threshold) < 1e-12)
      #expect(abs((found.bestF1 ?? -1) - expected[6]) < 1e-12)
    }
    #expect(abs(report.meanAveragePrecision - lines[7][0]) < 1e-12)
    #expect(abs(report.macroF1 - lines[7][1]) < 1e-12)
    #expect(abs(report.microF1 - lines[7][2]) < 1e-12)
    #expect(abs(report.exactMatch.value - lines[7][3]) < 1e-12)
    let shares = (0..<5).map { Double(report.perLabel[$0].support) / 40 }
    #expect(abs(report.meanPrevalence - shares.reduce(0, +) / 5) < 1e-12)
  }

  @Test func numbersAreScikitLearns() {
    let report = RegressionReport(outputs: floats(8), targets: floats(9), targetCount: 2)
    #expect(report.photos == 30)
    for target in 0..<2 {
      let (found, expected) = (report.perTarget[target], lines[10 + target])
      #expect(abs(found.meanAbsoluteError / expected[0] - 1) < 1e-12)
      #expect(abs(found.rootMeanSquaredError / expected[1] - 1) < 1e-12)
      #expect(abs((found.r2 ?? 9) - expected[2]) < 1e-12)
    }
    #expect(abs((report.meanR2 ?? 9) - (lines[10][2] + lines[11][2]) / 2) < 1e-12)
  }

  @Test func alwaysSayingTheMeanExplainsNothing() throws {
    let report = RegressionReport(outputs: [2, 2, 2], targets: [1, 2, 3], targetCount: 1)
    #expect(report.perTarget[0].r2 == 0)
    #expect(report.perTarget[0].deviation == report.perTarget[0].rootMeanSquaredError)
  }

  @Test func whatIsNotThereIsNotJudged() {
    // Of the second label no photo is, and of one it is said.
    let report = MultiLabelReport(logits: [1, -1, -1, 2], targets: [1, 0, 0, 0], labelCount: 2)
    #expect(report.perLabel[1].averagePrecision == nil && report.perLabel[1].bestThreshold == nil)
    #expect(report.perLabel[1].predicted == 1)
    #expect(report.meanAveragePrecision == 1)
    #expect(report.macroF1 == 0.5)
    #expect(report.exactMatch == Accuracy(correct: 1, total: 2))
    let nothing = MultiLabelReport(logits: [], targets: [], labelCount: 2)
    #expect(nothing.photos == 0 && nothing.macroF1 == 0 && nothing.meanPrevalence == 0)
    let same = RegressionReport(outputs: [1, 2], targets: [3, 3], targetCount: 1)
    #expect(same.perTarget[0].r2 == nil && same.meanR2 == nil)
    #expect(same.perTarget[0].meanAbsoluteError == 1.5)
    #expect(RegressionReport(outputs: [], targets: [], targetCount: 1).photos == 0)
  }

  @Test func tablesForATerminal() {
    let labels = MultiLabelReport(logits: [1, -1, -1, 2], targets: [1, 0, 0, 0], labelCount: 2)
    #expect(
      labels.labelTable(["red", "round"]) == [
        "label  precision  recall     F1     AP  photos  best F1  from",
        "red        100.0   100.0  100.0  100.0       1    100.0  0.73",
        "round        0.0     0.0    0.0      ·       0        ·     ·",
      ])
    #expect(
      labels.summary
        == "mean average precision 100.0 % (guessing: 50.0 %); F1 macro 50.0, micro 66.7; all labels "
        + "right on 50.0 % of 2 photos")
    let values = RegressionReport(
      outputs: [10.5, 0.001, 12000, 0.002], targets: [11, 0.001, 12500, 0.004], targetCount: 2)
    #expect(
      values.valueTable(["grams", "metres"]) == [
        "value        MAE      RMSE     R²      mean  deviation",
        "grams      250.3     353.6  0.997      6256       6245",
        "metres  0.001000  0.001414  0.111  0.002500   0.001500",
      ])
    #expect(
      values.summary == "R² 0.554 on 2 photos (mean of the values); always saying the mean: 0")
  }
}
