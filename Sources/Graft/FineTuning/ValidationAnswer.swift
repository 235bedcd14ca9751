/// What a model says of one photo whose labels or numbers are known.
public struct ValidationAnswer: Hashable, Sendable {
  /// The photo.
  public let path: FilePath
  /// What is known: 1 and 0 for labels that it has and has not, or its values.
  public let targets: [Float]
  /// What the network says: probabilities of the labels, or values.
  public let answers: [Float]
}

extension CSVWriter {
  /// The table of what a model says of photos: `path,labels,predictions` and the probability of each
  /// label, or for each value `NAME,predicted NAME`.
  init(
    _ rows: [ValidationAnswer], _ task: LearningTask, outputs: [String],
    path: (FilePath) -> FilePath
  ) {
    func words(_ numbers: [Float]) -> String {
      zip(outputs, numbers).filter { $0.1 >= 0.5 }.map(\.0).joined(separator: "|")
    }
    let isRegression = task == .regression
    self.init(
      header: ["path"]
        + (isRegression
          ? outputs.flatMap { [$0, "predicted \($0)"] } : ["labels", "predictions"] + outputs))
    for row in rows {
      let fields =
        isRegression
        ? zip(row.targets, row.answers).flatMap { ["\($0)", "\($1)"] }
        : [words(row.targets), words(row.answers)] + row.answers.map { "\($0)" }
      append([path(row.path).bytes] + fields.map { Array($0.utf8) })
    }
  }
}
