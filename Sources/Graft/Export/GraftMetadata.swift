import Foundation

/// What graft writes into `metadata_props` so that a model can be used without anything else.
struct GraftMetadata {
  var labels: [String]?
  /// What the caller still has to do before the graph's input.
  var preprocessing: Preprocessing?
  /// The model's own preprocessing, where its arithmetic is done by the first nodes of the graph.
  var normalization: Preprocessing?
  var card: TrainingCard?
  /// What the outputs mean: classes, unless the file says otherwise.
  var task = LearningTask.classification
  /// Of values, how they are scaled in the network.
  var targets: TargetScale?

  enum Key {
    /// What all keys of graft's begin with.
    static let prefix = "graft."
    static let labels = "graft.labels"
    static let preprocessing = "graft.preprocess"
    static let normalization = "graft.normalization"
    static let card = "graft.card"
    static let check = "graft.check"
    static let task = "graft.task"
    static let targets = "graft.targets"
    /// Where other readers look for the labels.
    static let names = "names"
  }

  /// Reads the metadata of a file.
  ///
  /// - Throws: where an entry of graft's is there but cannot be read.
  init(_ model: ONNXModel, place: String) throws(GraftError) {
    func preprocessing(_ key: String) throws(GraftError) -> Preprocessing? {
      guard let json = model.metadataValue(key) else { return nil }
      do {
        return try Preprocessing(json: json)
      } catch {
        throw GraftError("\(place): metadata '\(key)': \(error.message)", hints: error.hints)
      }
    }
    self.preprocessing = try preprocessing(Key.preprocessing)
    normalization = try preprocessing(Key.normalization)
    if let json = model.metadataValue(Key.labels) {
      guard let labels = try? JSONDecoder().decode([String].self, from: Data(json.utf8)) else {
        throw GraftError("\(place): metadata '\(Key.labels)' is no JSON list of class names")
      }
      self.labels = labels
    }
    if let name = model.metadataValue(Key.task) {
      guard let task = LearningTask(rawValue: name) else {
        throw GraftError(
          "\(place): metadata '\(Key.task)' is '\(DisplayName.escaped(name))'; expected "
            + LearningTask.allCases.map(\.rawValue).joined(separator: ", "))
      }
      self.task = task
    }
    targets = model.metadataValue(Key.targets).flatMap {
      try? JSONDecoder().decode(TargetScale.self, from: Data($0.utf8))
    }
    // A card of another version of graft is not worth refusing a model for.
    card = model.metadataValue(Key.card).flatMap {
      try? JSONDecoder().decode(TrainingCard.self, from: Data($0.utf8))
    }
  }
}

/// JSON with sorted keys: the same value is always the same text.
func stableJSON(_ value: some Encodable) -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  // Encoding values of our own can fail only on numbers that are not finite, which are kept out.
  guard let data = try? encoder.encode(value) else { return "null" }
  return String(decoding: data, as: UTF8.self)
}
