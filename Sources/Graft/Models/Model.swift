import Foundation
import GraftOperators

/// A pretrained network with everything that must travel with it: preprocessing, labels, a card.
///
/// The graph ends in logits `[N, classes]`; a Softmax that the file ended with is set aside.
public struct Model: Sendable {
  /// Short name, such as `vgg16`.
  public var name: String
  /// The network.
  public var graph: Graph
  /// What the file's output ended with before it was set aside.
  public var outputActivation: OutputActivation
  /// What is done to a photo before the network.
  public var preprocessing: Preprocessing
  /// Where the preprocessing is known from.
  public var preprocessingOrigin: PreprocessingOrigin
  /// Class names in output order; nil where nobody knows them.
  public var labels: [String]?
  /// What the outputs mean.
  public var task = LearningTask.classification
  /// Of values, how they are scaled in the network; nil for other tasks.
  public var targetScale: TargetScale?
  /// How it was made, for models that graft trained.
  public var card: TrainingCard?
  /// Where it came from; nil for a model that was made in memory.
  public var file: ModelFile?
  /// Remarks about how the model was read that its user should know.
  public var notes: [String] = []
  /// The network that this one was grafted on, kept when it is grafted again.
  package var base: TrainingCard.Base?
  /// What graft put on the network's features; nil for a network with the last layer it came with.
  public internal(set) var head: Head?
  /// What of the head was just drawn at random: fine-tuning may scale it to the features.
  var freshHead: FreshHead?

  /// How the preprocessing is known.
  public enum PreprocessingOrigin: Hashable, Sendable {
    /// The file says so itself: graft wrote it.
    case file
    /// The file is a known model.
    case record(name: String, isVerified: Bool)
    /// The nodes are named as those of an application of Keras.
    case keras(name: String)
    /// It is a network of ``Networks`` with weights from elsewhere, prepared as torchvision does.
    case network(name: String)
    /// The user said so.
    case given
    /// Nobody said; the ImageNet convention is assumed.
    case convention
  }
}

/// The file a model was read from.
public struct ModelFile: Hashable, Sendable {
  /// The file.
  public var path: FilePath
  /// The size of the file.
  public var bytes: Int
  /// In hexadecimal; nil until somebody needed it.
  public var sha256: String?
}

/// What a person may decide about reading a model.
public struct ModelOptions: Sendable {
  /// Replaces whatever the file or the records say.
  public var preprocessing: Preprocessing?
  /// How photos are brought to the network's size, whatever the preprocessing says.
  public var fit: Preprocessing.Fit?
  /// Side of the square input, for networks that leave it open.
  public var size: Int?
  /// Accept NaN and infinite weights.
  public var allowsNonFinite: Bool

  /// What the file and the records say, unless something else is given.
  public init(
    preprocessing: Preprocessing? = nil, fit: Preprocessing.Fit? = nil, size: Int? = nil,
    allowsNonFinite: Bool = false
  ) {
    self.preprocessing = preprocessing
    self.fit = fit
    self.size = size
    self.allowsNonFinite = allowsNonFinite
  }
}

// MARK: - Reading

extension Model {
  /// Reads a model from an ONNX file, or from the folder of a run.
  ///
  /// - Throws: ``GraftError`` that names the file.
  public init(contentsOf path: FilePath, options: ModelOptions = .init()) throws(GraftError) {
    let path = RunFolder.modelFile(in: path) ?? path
    let source: ONNXModel
    do throws(ONNXError) { source = try ONNXReader.read(path) } catch {
      throw Self.naming(GraftError(error))
    }
    let bytes = fileSize(path)
    var file = ModelFile(path: path, bytes: bytes, sha256: nil)
    let candidates = ModelRecord.files(ofSize: bytes)
    if !candidates.isEmpty {
      file.sha256 = try lifting {
        () throws(DataError) in try ContentHash(ofFile: path).hex
      }
    }
    let record = candidates.first { $0.sha256 == file.sha256 }
    try self.init(
      source, name: record?.name ?? path.stem ?? "model", file: file, record: record,
      options: options)
  }

  /// A model by its name in `models/`, or a path to a file or run folder.
  ///
  /// - Throws: ``GraftError`` that says where the file was sought, or what name may be meant.
  public static func pretrained(
    _ name: String, options: ModelOptions = .init()
  ) throws(GraftError) -> Model {
    if let path = ModelLocator.path(of: name) {
      var model = try Model(contentsOf: path, options: options)
      if let record = ModelRecord.named(name) {
        model.name = record.name
        if model.file?.sha256 != record.sha256, model.preprocessingOrigin == .convention {
          model.notes.append(
            "\(path.displayName) is not the published file of \(record.name); graft prepares photos "
              + "as for the published one")
        }
        try model.adopt(record, options: options)
      }
      return model
    }
    if name == defaultName { return try embedded(options: options) }
    throw ModelLocator.notFound(name)
  }

  /// A Git LFS pointer says what it stands for: where that is a known model, the error names it.
  private static func naming(_ error: GraftError) -> GraftError {
    let record = ModelRecord.files.first { record in
      error.hints.contains { $0.contains("sha256:\(record.sha256)") }
    }
    guard let record else { return error }
    var named = error
    named.hints.append("That is \(record.name): graft models pull \(record.name) fetches it.")
    return named
  }

  /// Name of the network that is part of graft itself.
  public static let defaultName = "default"

  /// The small network that is part of graft itself.
  static func embedded(options: ModelOptions) throws(GraftError) -> Model {
    guard let bytes = EmbeddedFiles.bytes("default.onnx") else {
      throw GraftError("this build of graft has no default network", kind: .unavailable)
    }
    let model = try lifting { () throws(ONNXError) in
      try ONNXReader.read(bytes: bytes.withUnsafeBytes { ONNXBytes(copying: $0) })
    }
    return try Model(model, name: defaultName, file: nil, record: nil, options: options)
  }

  /// A model from ONNX values that are in no file.
  ///
  /// - Throws: ``GraftError`` where the network is none that graft can run.
  public init(
    _ network: ONNXModel, name: String, options: ModelOptions = .init()
  ) throws(GraftError) {
    try self.init(network, name: name, file: nil, record: nil, options: options)
  }

  /// A model from ONNX values.
  init(
    _ source: ONNXModel, name: String, file: ModelFile?, record: ModelRecord?,
    options: ModelOptions
  ) throws(GraftError) {
    self.name = name
    self.file = file
    let place = file?.path.displayName ?? name
    do {
      let size = options.size.map { (height: $0, width: $0) }
      var graph = try Graph(
        importing: source, registry: .standard,
        options: ImportOptions(inputSize: size, allowsNonFinite: options.allowsNonFinite)
      ).keepingFirstOutput()
      outputActivation = graph.outputActivation
      graph = graph.endingInLogits()
      self.graph = try graph.withFlatOutput()
      notes = graph.notes
    } catch {
      throw GraftError(error.in(file: place))
    }
    (preprocessing, preprocessingOrigin) = (.imageNet, .convention)
    try checkOutput(place: place)
    let metadata = try GraftMetadata(source, place: place)
    // From here on they are this model's; in a graph that goes on by itself they would be stale.
    graph.metadata.removeAll { $0.key.hasPrefix(GraftMetadata.Key.prefix) }
    labels = metadata.labels
    card = metadata.card
    try adoptTask(metadata, place: place)
    base = metadata.card?.base
    head = metadata.card?.head
    if let own = metadata.preprocessing {
      preprocessing = own
      preprocessingOrigin = .file
      if let normalization = metadata.normalization {
        try removeNormalizationNodes(normalization, place: place)
      }
    } else if let record {
      try adopt(record, options: options)
    } else if let application = KerasApplication(source) {
      preprocessing = application.preprocessing.scaled(toSide: try inputSide())
      preprocessingOrigin = .keras(name: application.name)
    } else {
      preprocessing = .imageNet(side: try inputSide())
    }
    try settle(options, place: place)
  }

  /// Takes what a record says, unless the file or the user said it.
  private mutating func adopt(
    _ record: ModelRecord, options: ModelOptions
  ) throws(GraftError) {
    if let names = record.labelNames, names.count == classCount { labels = labels ?? names }
    guard preprocessingOrigin == .convention else { return }
    preprocessing = record.preprocessing
    preprocessingOrigin = .record(name: record.name, isVerified: record.preprocessingVerified)
    try settle(options, place: file?.path.displayName ?? name)
  }

  /// Applies what the user said, and checks that everything fits together.
  private mutating func settle(_ options: ModelOptions, place: String) throws(GraftError) {
    if let given = options.preprocessing {
      try Self.validate(given, place: place)
      preprocessing = given
      preprocessingOrigin = .given
    }
    if let fit = options.fit { preprocessing.fit = fit }
    let side = try inputSide()
    if preprocessing.crop != side {
      preprocessing = preprocessing.scaled(toSide: side)
    }
    // Stretching and padding do not look at the shorter side; cropping must not find it too short.
    if let resize = preprocessing.resize { preprocessing.resize = max(resize, side) }
    try Self.validate(preprocessing, place: place)
    if let labels, labels.count != classCount {
      throw GraftError(
        "\(place): the file names \(labels.count) labels; the network has \(classCount) outputs")
    }
  }
}

extension Model {
  private static func validate(
    _ preprocessing: Preprocessing, place: String
  ) throws(GraftError) {
    do {
      try preprocessing.validate()
    } catch {
      throw GraftError("\(place): preprocessing: \(error.message)", hints: error.hints)
    }
  }

  /// Refuses a network whose output is no list of class scores, `[N, classes]`.
  private func checkOutput(place: String) throws(GraftError) {
    let shape = (try? graph.shapes(batchSize: 1))?[graph.outputs[0]] ?? []
    guard shape.rank == 2, shape[1] > 0 else {
      throw GraftError(
        "\(place): the network gives \(shape) for a photo; a classifier gives one score for each "
          + "class, [1, classes]")
    }
  }

  /// How many classes the network tells apart.
  public var classCount: Int {
    let shapes = try? graph.shapes(batchSize: 1)
    return shapes?[graph.outputs[0]]?.dimensions.last ?? 0
  }

  /// Side of the square input.
  ///
  /// - Throws: where the network does not take square RGB photos.
  func inputSide() throws(GraftError) -> Int {
    let place = file?.path.displayName ?? name
    let shape = graph.inputs[0].imageShape
    guard shape.rank == 3, shape[0] == 3 else {
      throw GraftError(
        "\(place): the network takes input \(shape); graft feeds RGB photos, [3, height, width]")
    }
    guard shape[1] == shape[2] else {
      throw GraftError(
        "\(place): the network takes \(shape[2])x\(shape[1]) photos; graft feeds square ones",
        hints: ["Where the network allows any size, say one: --size 224"])
    }
    return shape[1]
  }
}

extension Preprocessing {
  /// The ImageNet convention for a network of this input side: the shorter side to 8/7 of it, as
  /// 256 is of 224; small networks take the photo straight to their size.
  static func imageNet(side: Int) -> Preprocessing {
    Preprocessing.imageNet.scaled(toSide: side)
  }

  /// The same preparation for a network of another input side.
  func scaled(toSide side: Int) -> Preprocessing {
    var scaled = self
    if let crop, let resize, side >= 64 {
      let wanted = Int((Double(side) * Double(resize) / Double(crop)).rounded())
      scaled.resize = min(wanted, Self.sides.upperBound)
    } else {
      scaled.resize = side
    }
    scaled.crop = side
    return scaled
  }
}

/// Bytes of a file; 0 where it cannot be told.
func fileSize(_ path: FilePath) -> Int {
  let attributes = try? FileManager.default.attributesOfItem(atPath: path.string)
  return (attributes?[.size] as? NSNumber)?.intValue ?? 0
}

extension Model {
  /// SHA-256 of the file in hexadecimal; nil where there is none any more.
  var fileHash: String? {
    guard let file else { return nil }
    return file.sha256 ?? (try? ContentHash(ofFile: file.path))?.hex
  }
}
