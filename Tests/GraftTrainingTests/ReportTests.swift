import GraftTraining
import Testing

@Suite struct ReportTests {
  let validation = ValidationReport(
    ConfusionMatrix(
      classCount: 3, labels: [0, 0, 0, 1, 1, 2, 2, 2, 2, 2],
      predictions: [0, 0, 1, 1, 1, 2, 2, 2, 2, 0]),
    classes: ["cat", "hamster", "犬"], loss: 0.25)

  var report: Report {
    Report(
      model: "vgg16", classes: ["cat", "hamster", "犬"], settings: TrainingOptions(epochs: 2),
      split: .init(training: [12, 8, 20], validation: [3, 2, 5]), skippedCount: 1,
      epochs: [
        EpochMetrics(
          epoch: 1, trainingLoss: 1, trainingAccuracy: 0.5, validationLoss: 0.25,
          validationAccuracy: 0.8, learningRate: 0.1, isBest: true),
        EpochMetrics(
          epoch: 2, trainingLoss: 0.5, trainingAccuracy: 1, validationLoss: nil,
          validationAccuracy: nil, learningRate: 0.05, isBest: false),
      ], bestEpoch: 1, validation: validation,
      timings: [.init(phase: "features", seconds: 1.5)])
  }

  @Test func survivesJSON() throws {
    let text = try report.json()
    #expect(try Report(json: text) == report)
    #expect(try Report(json: text).json() == text)
    #expect(text.hasPrefix("{\n  \"bestEpoch\" : 1,\n  \"classes\" : ["))
    #expect(text.hasSuffix("}\n"))
    #expect(text.contains("\"majorityClass\" : \"犬\""))
  }

  @Test func writesWhatIsNotFinite() throws {
    var report = report
    report.epochs[0].trainingLoss = .infinity
    let text = try report.json()
    #expect(text.contains("\"trainingLoss\" : \"inf\""))
    #expect(try Report(json: text) == report)
  }

  @Test func refusesWhatIsNoReport() {
    #expect(
      throws: TrainingError(
        "this is no report of a graft run", kind: .badData,
        hints: ["Expected the metrics.json that 'graft finetune' writes."])
    ) { try Report(json: "{}") }
  }

  @Test func listsEpochs() {
    #expect(
      report.epochsCSV() == """
        epoch,training_loss,training_accuracy,validation_loss,validation_accuracy,learning_rate,best,phase
        1,1.0,0.5,0.25,0.8,0.1,1,head
        2,0.5,1.0,,,0.05,0,head

        """)
  }

  @Test func tablesAreAligned() {
    let classes = ["cat", "hamster", "犬"]
    #expect(
      validation.classTable(classes) == [
        "class    precision  recall    F1  photos",
        "cat           66.7    66.7  66.7       3",
        "hamster       66.7   100.0  80.0       2",
        "犬           100.0    80.0  88.9       5",
      ])
    #expect(
      validation.confusionTable(classes) == [
        "   is \\ said  1  2  3",
        "1  cat        2  1  ·",
        "2  hamster    ·  2  ·",
        "3  犬         1  ·  4",
      ])
    #expect(
      validation.summary
        == "validation accuracy 80.0 % (95 % interval 49.0–94.3); always saying 犬: 50.0 %")
  }

  @Test func showsTheWorstOfMany() {
    // Class k of 40 is right except for the first k % 4 of its five photos.
    var matrix = ConfusionMatrix(classCount: 40)
    for label in 0..<40 {
      for photo in 0..<5 {
        matrix.add(label: label, prediction: photo < label % 4 ? (label + 1) % 40 : label)
      }
    }
    let classes = (0..<40).map { "class \($0)" }
    let report = ValidationReport(matrix, classes: classes)
    let table = report.classTable(classes)
    #expect(table[0] == "the 10 weakest of 40 classes")
    #expect(table.count == 12)
    #expect(table[2] == "class 3        50.0    40.0  44.4       5")
    let mistakes = report.confusionTable(classes)
    #expect(mistakes.count == 11)
    #expect(mistakes[0] == "most frequent mistakes")
    #expect(mistakes[1] == "class 3   taken for class 4   3 of 5")
  }

  @Test func showsNoControlCharacters() {
    let report = ValidationReport(
      ConfusionMatrix(classCount: 1, labels: [0], predictions: [0]), classes: ["x"])
    #expect(report.classTable(["a\u{1B}[2Jb\n"])[1].hasPrefix("a\\u{1B}[2Jb\\u{A}"))
    let long = String(repeating: "x", count: 100)
    #expect(report.classTable([long])[1].hasPrefix(String(repeating: "x", count: 31) + "…  "))
  }
}
