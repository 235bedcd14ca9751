import ArgumentParser
import Graft

/// What there is to learn, for the commands that train.
struct TaskFlags: ParsableArguments {
  @Flag(
    help: """
      Photos have several labels or none: in the CSV a column labels with | between them, or a \
      column of 0 and 1 for each.
      """)
  var multiLabel = false

  @Flag(help: "Learn numbers: all columns of the CSV but path and split.")
  var regression = false

  func validate() throws {
    if multiLabel, regression {
      throw ValidationError("--multi-label and --regression exclude each other")
    }
  }

  var task: LearningTask { multiLabel ? .multiLabel : regression ? .regression : .classification }

  /// - Throws: where other flags say what is not for this task.
  func check(_ labels: LabelFlags, _ training: TrainingFlags) throws(GraftError) {
    let flag = multiLabel ? "--multi-label" : "--regression"
    guard task != .classification else {
      guard labels.labelDelimiter == nil else {
        throw GraftError(
          "--label-delimiter is for photos with several labels: --multi-label", kind: .usage)
      }
      return
    }
    guard labels.labels != nil else {
      throw GraftError(
        "\(flag) takes what photos show from a CSV: --labels FILE.csv", kind: .usage)
    }
    if regression, labels.labelDelimiter != nil {
      throw GraftError("--label-delimiter is for labels, not for --regression", kind: .usage)
    }
    if let loss = training.loss, LossCatalog.names.contains(loss), !task.losses.contains(loss) {
      throw GraftError(
        "--loss \(loss) is not for \(flag); expected \(task.losses.joined(separator: ", "))",
        kind: .usage)
    }
    if let smoothing = training.labelSmoothing, smoothing != 0 {
      throw GraftError(
        "--label-smoothing spreads one label over all classes; with \(flag) there is none to spread",
        kind: .usage)
    }
    if regression, training.mix != nil {
      throw GraftError("--mix mixes labels; with --regression there are none", kind: .usage)
    }
  }

  /// The flag as it would be typed, with a blank before it.
  var words: String {
    switch task {
    case .classification: ""
    case .multiLabel: " --multi-label"
    case .regression: " --regression"
    }
  }
}
