import Foundation

/// The folder of a run: model, report, split, predictions, what was skipped.
///
///     runs/my-photos-vgg16-1/
///       model.onnx  metrics.json  epochs.csv  curves.svg  split.csv  val-predictions.csv
///       skipped.csv  run.json
///       last.ckpt while the run is not complete
public struct RunFolder: Hashable, Sendable {
  /// The folder.
  public let path: FilePath

  /// What `run.json` says: where the run's inputs were.
  public struct Facts: Hashable, Sendable, Codable {
    /// Folder of the photos, absolute.
    public var photos: String
    /// The model as it was given.
    public var model: String
    /// The CSV that said what the photos show, absolute; nil where none did.
    public var labels: String?
    /// What stood between several labels of a photo in it.
    public var labelDelimiter: String?
    /// The regular expression that took labels out of names; nil where none did.
    public var labelsFromName: String?
    /// The version of graft that wrote the folder.
    public var graftVersion: String
    /// The words of the command line behind `finetune`; nil for runs of the library.
    public var arguments: [String]?
    /// The folder in which they were typed.
    public var workingDirectory: String?

    /// What is known when a run begins.
    public init(
      photos: FilePath, model: String, labels: LabelSource = .folders, arguments: [String]? = nil
    ) {
      self.photos = photos.absolute.string
      self.model = model
      switch labels {
      case .folders: break
      case .table(let file, let delimiter):
        (self.labels, labelDelimiter) = (file.absolute.string, delimiter)
      case .fileNames(let pattern): labelsFromName = pattern
      }
      graftVersion = Graft.graftVersion
      self.arguments = arguments
      workingDirectory = arguments == nil ? nil : FileManager.default.currentDirectoryPath
    }

    /// Where it was written what the photos show.
    public var labelSource: LabelSource {
      if let labels { return .table(FilePath(labels), delimiter: labelDelimiter ?? "|") }
      return labelsFromName.map { .fileNames(pattern: $0) } ?? .folders
    }
  }

  static let modelName = "model.onnx"
  static let checkpointName = "last.ckpt"

  /// Where the run was when it was last kept; there only until it is complete.
  public var checkpoint: FilePath { path.appending(Self.checkpointName) }

  /// Opens the folder of a run that was interrupted.
  ///
  /// - Throws: where it is none, or is complete.
  public init(resuming path: FilePath) throws(GraftError) {
    self.path = path
    guard FileManager.default.fileExists(atPath: path.string) else {
      throw GraftError("\(path.displayName): there is no such folder", kind: .missing)
    }
    guard FileManager.default.fileExists(atPath: checkpoint.string) else {
      throw GraftError(
        Self.modelFile(in: path) == nil
          ? "\(path.displayName): this is no folder of an interrupted run; it has no "
            + Self.checkpointName
          : "\(path.displayName): the run is complete; there is nothing to go on with")
    }
  }

  /// The model file in a folder that is a run; nil for anything else.
  static func modelFile(in path: FilePath) -> FilePath? {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path.string, isDirectory: &isFolder),
      isFolder.boolValue
    else { return nil }
    let file = path.appending(modelName)
    return FileManager.default.fileExists(atPath: file.string) ? file : nil
  }

  /// Opens the folder of a finished run; nil where it is none.
  public init?(_ path: FilePath) {
    guard Self.modelFile(in: path) != nil else { return nil }
    self.path = path
  }

  /// Makes a new folder: `path` itself, which must not exist, or a numbered one below `runs`.
  ///
  /// - Throws: ``GraftError`` where it exists or cannot be made.
  public static func create(
    at path: FilePath?, photos: FilePath, model: String, replaces: Bool = false
  ) throws(GraftError) -> RunFolder {
    if let path {
      if FileManager.default.fileExists(atPath: path.string), !replaces {
        throw GraftError(
          "\(path.displayName): there is such a folder already; graft overwrites nothing.",
          kind: .cannotCreate, hints: ["Choose another with -o, or replace it with --force."])
      }
      try make(path)
      return RunFolder(unchecked: path)
    }
    let runs = FilePath("runs")
    try make(runs)
    let stem = "\(photos.lexicallyNormalized().lastComponent?.string ?? "photos")-\(model)"
    for number in 1... {
      let path = runs.appending("\(stem)-\(number)")
      if mkdir(path.string, 0o777) == 0 { return RunFolder(unchecked: path) }
      guard errno == EEXIST else { throw .cannotMake(path, errno) }
    }
    throw GraftError("no free name for a run", kind: .bug)
  }

  private init(unchecked path: FilePath) { self.path = path }

  private static func make(_ path: FilePath) throws(GraftError) {
    do {
      try FileManager.default.createDirectory(
        atPath: path.string, withIntermediateDirectories: true)
    } catch {
      throw .cannotMake(path, errno)
    }
  }

  /// Photos of the run's validation side that still are where they were.
  public var validationPhotos: [FilePath] {
    guard
      let data = FileManager.default.contents(
        atPath: path.appending("val-predictions.csv").string),
      let table = try? CSVReader([UInt8](data)), let facts
    else { return [] }
    let folder = FilePath(facts.photos)
    return (0..<table.rowCount).compactMap { row in
      let path = folder.pushing(FilePath(bytes: table.bytes(row: row, column: 0)))
      return FileManager.default.fileExists(atPath: path.string) ? path : nil
    }
  }

  /// Where the run's inputs were; nil where `run.json` is missing or damaged.
  public var facts: Facts? {
    FileManager.default.contents(atPath: path.appending("run.json").string)
      .flatMap { try? JSONDecoder().decode(Facts.self, from: $0) }
  }
}

extension GraftError {
  static func cannotMake(_ path: FilePath, _ code: Int32) -> GraftError {
    GraftError(
      "\(path.displayName): the folder cannot be created: \(String(cString: strerror(code)))",
      kind: .cannotCreate)
  }
}

// MARK: - Writing

extension RunFolder {
  /// Writes everything of a run; the model last, so that a folder with a model is complete.
  ///
  /// - Parameters:
  ///   - caching: where the features of the run are kept.
  ///   - plan: how the run computed.
  /// - Returns: how the written model compared with the one in memory.
  @discardableResult
  public func write(
    _ run: FineTuningRun, facts: Facts, caching: FeatureCaching = .automatic,
    plan: PlanOptions = .init()
  ) throws(GraftError) -> ExportCheck {
    let root = run.photos.folder.path
    // Where a run is replaced, its old model must not stand beside new numbers if this fails.
    try removeModel()
    try write(
      "split.csv",
      run.photos.split.csv(relative(run.photos.samples, to: root), classes: run.photos.labels))
    try write("metrics.json", Array(jsonText(run.report).utf8))
    try write("epochs.csv", Array(run.report.epochsCSV().utf8))
    try write("curves.svg", Array(run.report.curves.svg().utf8))
    try write("val-predictions.csv", predictionsCSV(run, root: root))
    try write("skipped.csv", skippedCSV(run.photos, root: root))
    try write(facts)
    let photos = run.validationPredictions.map(\.path) + run.validationAnswers.map(\.path)
    let check = try run.best.write(
      to: path.appending(Self.modelName), options: ExportOptions(replaces: true),
      comparingOn: Array(photos.prefix(Self.comparedPhotos)), caching: caching, plan: plan)
    try? FileManager.default.removeItem(atPath: checkpoint.string)
    return check
  }

  /// Writes `run.json` alone, when the run begins.
  public func write(_ facts: Facts) throws(GraftError) {
    try write("run.json", Array((stableJSON(facts) + "\n").utf8))
  }

  private func removeModel() throws(GraftError) {
    let file = path.appending(Self.modelName)
    guard FileManager.default.fileExists(atPath: file.string) else { return }
    do {
      try FileManager.default.removeItem(atPath: file.string)
    } catch {
      throw GraftError("\(file.displayName): cannot be replaced", kind: .cannotCreate)
    }
  }

  /// Photos on which the written model is compared at the end of a run; `export` compares on all.
  private static let comparedPhotos = 16

  private func write(_ name: String, _ bytes: [UInt8]) throws(GraftError) {
    let file = path.appending(name)
    try lifting { () throws(DataError) in
      do throws(DataError) {
        try replaceFile(file, with: bytes)
      } catch {
        throw error.in(file: file.displayName)
      }
    }
  }

  private func jsonText(_ report: Report) -> String {
    // A report of a finished run holds no value that JSON cannot say.
    (try? report.json()) ?? "{}\n"
  }

  private func predictionsCSV(_ run: FineTuningRun, root: FilePath) -> [UInt8] {
    guard run.photos.task == .classification else {
      return CSVWriter(
        run.validationAnswers, run.photos.task, outputs: run.photos.labels
      ) { relative($0, to: root) }.bytes
    }
    var csv = CSVWriter(header: ["path", "label", "prediction", "probability"])
    for row in run.validationPredictions {
      csv.append([
        relative(row.path, to: root).bytes, Array(run.photos.labels[row.label].utf8),
        Array(run.photos.labels[row.prediction].utf8), Array("\(row.probability)".utf8),
      ])
    }
    return csv.bytes
  }

  private func skippedCSV(_ photos: SplitPhotos, root: FilePath) -> [UInt8] {
    var csv = CSVWriter(header: ["path", "reason"])
    for (index, error) in photos.unreadable.sorted(by: { $0.key < $1.key }) {
      csv.append([
        relative(photos.samples[index].path, to: root).bytes, Array(error.message.utf8),
      ])
    }
    return csv.bytes
  }

  private func relative(_ samples: [Sample], to root: FilePath) -> [Sample] {
    samples.map { Sample(path: relative($0.path, to: root), answer: $0.answer) }
  }

  private func relative(_ path: FilePath, to root: FilePath) -> FilePath {
    var path = path
    _ = path.removePrefix(root)
    return path
  }

}
