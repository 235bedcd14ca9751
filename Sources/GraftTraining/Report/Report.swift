import GraftData

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What a run did and reached, as a value: everything that `metrics.json` says.
///
/// The same run gives the same report but for the timings, which are the caller's.
public struct Report: Hashable, Codable, Sendable {
  /// How many photos of each class are where, in the order of `classes`.
  public struct Split: Hashable, Codable, Sendable {
    /// Photos to learn from.
    public var training: [Int]
    /// Photos to judge by.
    public var validation: [Int]

    /// Counts in the order of the classes.
    public init(training: [Int], validation: [Int]) {
      self.training = training
      self.validation = validation
    }
  }

  /// Seconds of one phase, such as `features`.
  public struct Timing: Hashable, Codable, Sendable {
    /// What was done.
    public var phase: String
    /// Wall-clock time.
    public var seconds: Double

    /// Measured by the caller.
    public init(phase: String, seconds: Double) {
      self.phase = phase
      self.seconds = seconds
    }
  }

  /// One phase of the run: so many layers learned for some epochs.
  public struct Phase: Hashable, Codable, Sendable {
    /// `head`, `block`, `all` or the like.
    public var name: String
    /// With everything that was chosen on the way.
    public var settings: TrainingOptions
    /// In their order.
    public var epochs: [EpochMetrics]
    /// Counted from 1.
    public var bestEpoch: Int

    /// What a phase came to.
    public init(
      name: String, settings: TrainingOptions, epochs: [EpochMetrics], bestEpoch: Int
    ) {
      self.name = name
      self.settings = settings
      self.epochs = epochs
      self.bestEpoch = bestEpoch
    }
  }

  /// Of this layout of the file.
  public var version = 1
  /// The name or the file of the network.
  public var model: String
  /// In the order of the outputs.
  public var classes: [String]
  /// Of the phase whose weights were kept, with everything that was chosen on the way.
  public var settings: TrainingOptions
  /// Photos of each class.
  public var split: Split
  /// Photos that could not be read.
  public var skippedCount: Int
  /// Of the phase whose weights were kept, in their order.
  public var epochs: [EpochMetrics]
  /// Counted from 1.
  public var bestEpoch: Int
  /// All phases in their order; nil in reports of versions that knew one phase only.
  public var phases: [Phase]?
  /// Name of the phase whose weights were kept.
  public var keptPhase: String?
  /// Nil where nothing was set aside for validation, or what is learned are no classes.
  public var validation: ValidationReport?
  /// In place of that where photos have several labels.
  public var multiLabel: MultiLabelReport?
  /// In place of that where photos have numbers.
  public var regression: RegressionReport?
  /// In the order of the phases; the only thing that differs between equal runs.
  public var timings: [Timing]

  /// A report of what the caller measured.
  public init(
    model: String, classes: [String], settings: TrainingOptions, split: Split,
    skippedCount: Int = 0, epochs: [EpochMetrics], bestEpoch: Int, phases: [Phase]? = nil,
    keptPhase: String? = nil, validation: ValidationReport?,
    multiLabel: MultiLabelReport? = nil, regression: RegressionReport? = nil, timings: [Timing] = []
  ) {
    self.model = model
    self.classes = classes
    self.settings = settings
    self.split = split
    self.skippedCount = skippedCount
    self.epochs = epochs
    self.bestEpoch = bestEpoch
    self.phases = phases
    self.keptPhase = keptPhase
    self.validation = validation
    self.multiLabel = multiLabel
    self.regression = regression
    self.timings = timings
  }
}

/// How good a network is on photos that it did not learn from.
public struct ValidationReport: Hashable, Codable, Sendable {
  /// Right predictions.
  public var accuracy: Accuracy
  /// Where the true accuracy lies, with 95 % confidence.
  public var interval: WilsonInterval
  /// Nil where it was not measured.
  public var loss: Double?
  /// Mean F1 of the classes.
  public var macroF1: Double
  /// What always saying the most frequent class would reach.
  public var majorityClass: String
  /// The accuracy of always saying that class.
  public var majorityAccuracy: Double
  /// Labels against predictions.
  public var confusion: ConfusionMatrix
  /// In the order of the classes.
  public var perClass: [ClassMetrics]

  /// - Precondition: one name for each class of the matrix.
  public init(_ confusion: ConfusionMatrix, classes: [String], loss: Double? = nil) {
    precondition(classes.count == confusion.classCount, "one name for each class")
    accuracy = confusion.accuracy
    interval = WilsonInterval(confusion.accuracy)
    self.loss = loss
    macroF1 = confusion.macroF1
    let majority = confusion.majorityBaseline
    majorityClass = classes.isEmpty ? "" : classes[majority.label]
    majorityAccuracy = majority.accuracy.value
    self.confusion = confusion
    perClass = confusion.classMetrics
  }
}

// MARK: - Files

extension Report {
  /// The text of `metrics.json`: sorted keys, so that equal reports are equal bytes.
  public func json() throws(TrainingError) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = Self.nonFinite
    do {
      return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    } catch {
      throw TrainingError("the report cannot be written as JSON: \(error)", kind: .system)
    }
  }

  /// - Throws: where the text is no report that ``json()`` wrote.
  public init(json: String) throws(TrainingError) {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    do {
      self = try decoder.decode(Report.self, from: Data(json.utf8))
    } catch {
      throw TrainingError(
        "this is no report of a graft run", kind: .badData,
        hints: ["Expected the metrics.json that 'graft finetune' writes."])
    }
  }

  private static let nonFinite = JSONEncoder.NonConformingFloatEncodingStrategy.convertToString(
    positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")

  /// The text of `epochs.csv`: one row for each epoch of each phase, empty where nothing was
  /// measured. Where photos have several labels, a last column has their mean average precision.
  public func epochsCSV() -> String {
    let isRanked = settings.task == .multiLabel
    let header =
      "epoch,training_loss,training_accuracy,validation_loss,validation_accuracy,learning_rate,best,"
      + "phase" + (isRanked ? ",validation_average_precision" : "")
    let phases =
      phases
      ?? [
        Phase(name: "head", settings: settings, epochs: epochs, bestEpoch: bestEpoch)
      ]
    let rows = phases.flatMap { phase in
      phase.epochs.map { epoch in
        [
          "\(epoch.epoch)", "\(epoch.trainingLoss)",
          epoch.trainingAccuracy.map { "\($0)" } ?? "",
          epoch.validationLoss.map { "\($0)" } ?? "",
          epoch.validationAccuracy.map { "\($0)" } ?? "", "\(epoch.learningRate)",
          epoch.epoch == phase.bestEpoch ? "1" : "0", phase.name,
        ].joined(separator: ",")
          + (isRanked ? "," + (epoch.validationAveragePrecision.map { "\($0)" } ?? "") : "")
      }
    }
    return ([header] + rows).joined(separator: "\n") + "\n"
  }
}
