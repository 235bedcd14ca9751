import GraftTensor
import GraftTraining
import Testing

@Suite struct MetricTests {
  @Test func matrixIsScikitLearns() throws {
    let lines = try fixture("metrics.txt")
    let numbers = lines.map { $0.compactMap { Double($0) } }
    let matrix = ConfusionMatrix(
      classCount: 5, labels: numbers[0].map { Int($0) }, predictions: numbers[1].map { Int($0) })
    #expect(matrix.counts.flatMap { $0 } == numbers[2].map { Int($0) })
    for label in 0..<5 {
      let (found, expected) = (matrix.metrics(of: label), numbers[3 + label])
      #expect(abs(found.precision - expected[0]) < 1e-12)
      #expect(abs(found.recall - expected[1]) < 1e-12)
      #expect(abs(found.f1 - expected[2]) < 1e-12)
      #expect(Double(found.support) == expected[3])
    }
    #expect(abs(matrix.macroF1 - numbers[8][0]) < 1e-12)
    #expect(matrix.accuracy == Accuracy(correct: 133, total: 200))
    #expect(matrix.majorityBaseline.label == 0)
    #expect(matrix.majorityBaseline.accuracy == Accuracy(correct: 98, total: 200))
  }

  @Test func intervalIsSciPys() throws {
    let lines = try fixture("metrics.txt").filter { $0[0] == "wilson" }
    #expect(lines.count == 8)
    for line in lines {
      let interval = WilsonInterval(successes: Int(line[1])!, trials: Int(line[2])!)
      #expect(abs(interval.lower - Double(line[3])!) < 1e-9)
      #expect(abs(interval.upper - Double(line[4])!) < 1e-9)
    }
  }

  @Test func nothingToJudge() {
    #expect(WilsonInterval(successes: 0, trials: 0).lower == 0)
    #expect(WilsonInterval(successes: 0, trials: 0).upper == 1)
    #expect(Accuracy().value == 0)
    #expect(ConfusionMatrix(classCount: 2).macroF1 == 0)
    #expect(ConfusionMatrix(classCount: 0).majorityBaseline.label == 0)
  }

  @Test func countsTheLabelAmongTheHighest() {
    let logits = Tensor([4, 3], [1, 2, 3, 3, 2, 1, 1, 1, 1, 0, .nan, 0])
    withExtendedLifetime(logits) {
      let labels = [1, 0, 1, 1]
      #expect(Accuracy(logits: logits.unsafeView, labels: labels).correct == 1)
      #expect(Accuracy(logits: logits.unsafeView, labels: labels, top: 2).correct == 3)
      #expect(Accuracy(logits: logits.unsafeView, labels: labels, top: 3).correct == 3)
      #expect(Evaluation.predictions(in: logits.unsafeView) == [2, 0, 0, 0])
    }
  }
}
