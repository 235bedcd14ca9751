import Foundation

/// What an exported file takes and gives.
public struct ExportOptions: Hashable, Sendable {
  /// What the exported network takes.
  public enum Input: String, Hashable, Sendable, CaseIterable {
    /// RGB values 0…255; the first nodes do the rest.
    case pixels
    /// What the network itself takes, normalised by the caller.
    case normalised
  }

  /// What the exported network answers.
  public enum Output: String, Hashable, Sendable, CaseIterable {
    case probabilities
    case logits
  }

  /// The version of the ONNX operators to write.
  public var opset: Int
  /// What the exported network takes.
  public var input: Input
  /// What the exported network answers.
  public var output: Output
  /// How the file stores its weights.
  public var weights: WeightPrecision
  /// Largest difference of a probability between this model and the file that is accepted.
  public var tolerance: Double
  /// Replace a file that is already there.
  public var replaces: Bool

  /// What most runtimes can use, unless something else is asked for.
  public init(
    opset: Int = 17, input: Input = .pixels, output: Output = .probabilities,
    weights: WeightPrecision = .float32, tolerance: Double? = nil, replaces: Bool = false
  ) {
    self.opset = opset
    self.input = input
    self.output = output
    self.weights = weights
    self.tolerance = tolerance ?? weights.usualTolerance
    self.replaces = replaces
  }
}

extension WeightPrecision {
  /// The difference of a probability that is accepted unless another is given. Sums in another order
  /// stay far below the first; weights rounded by a 2048th at most move answers by some thousandths.
  public var usualTolerance: Double {
    switch self {
    case .float32: 1e-4
    case .float16: 0.01
    }
  }
}

/// What comparing an exported file with the model in memory showed; `graft.check` in its metadata.
public struct ExportCheck: Hashable, Sendable, Codable {
  /// Photos that ran through both; 0 where none could be had and drawn pictures were compared.
  public var photos: Int
  /// How many pictures had the same first answer.
  public var agreeing: Int
  /// Pictures compared.
  public var compared: Int
  /// The largest difference of an output between the file and the model.
  public var largestDifference: Double
  /// `float16` where the weights were rounded to that; nil where they are as they were.
  public var weights: String?
  /// Weights that stay float32 because float16 does not hold their numbers; nil where there are none.
  public var keptInFloat32: [String]?
}

extension Model {
  /// Writes the model as an ONNX file that any runtime can use, after proving it.
  ///
  /// The file is written beside its place, read back, and run against this model on `photos` (on
  /// drawn pictures where there are none). A file that disagrees is not left behind.
  ///
  /// - Parameters:
  ///   - caching: where features of the photos may be found that need no computing.
  ///   - plan: how both compute.
  ///   - progress: told how many photos were compared; answers `.stop` to end.
  /// - Throws: ``GraftError`` where the file exists, cannot be written, or disagrees.
  @discardableResult
  public func write(
    to path: FilePath, options: ExportOptions = .init(), comparingOn photos: [FilePath] = [],
    caching: FeatureCaching = .automatic, plan: PlanOptions = .init(),
    progress: (Int) -> Directive = { _ in .proceed }
  ) throws(GraftError) -> ExportCheck {
    guard let labels else {
      throw GraftError(
        "the model has no labels; every file that graft writes says what its outputs mean",
        hints: ["Give them with --labels FILE, one name a line."])
    }
    if task == .regression, options.output == .logits {
      throw GraftError("values have no logits; the file gives them as they are", kind: .usage)
    }
    guard labels.count == classCount else {
      throw GraftError(
        "the model has \(labels.count) labels and \(classCount) outputs; they must be as many")
    }
    var exported = try onnx(options)
    if !options.replaces, FileManager.default.fileExists(atPath: path.string) {
      throw GraftError(
        "\(path.displayName): there is such a file already; graft overwrites nothing.",
        kind: .cannotCreate, hints: ["Choose another name, or replace it with --force."])
    }
    do {
      var check = try Self.compared(exported, of: self, options, plan, path) {
        (checker) throws(GraftError) in
        try checker.compare(photos, caching: caching, progress: progress)
      }
      check.describeWeights(of: graph, options.weights)
      // What the comparison showed travels along; so the file is written once more, and proved on
      // drawn pictures: its weights may be rounded, but then they must be just those.
      exported.metadata.append(
        ONNXMetadataEntry(key: GraftMetadata.Key.check, value: stableJSON(check)))
      let staged = try ONNXWriter.stage(exported, to: path)
      _ = try ExportChecker(
        original: rounded(to: options.weights), options: options.provingRoundedWeights, plan: plan,
        staged: staged.path, target: path
      )
      .compare([], caching: .off) { _ in .proceed }
      try staged.commit(replacing: options.replaces)
      return check
    } catch let error as ONNXError {
      throw GraftError(error)
    } catch let error as GraftError {
      throw error
    } catch {
      throw GraftError("\(path.displayName): \(error)", kind: .bug)
    }
  }

  private func rounded(to precision: WeightPrecision) -> Model {
    var model = self
    model.graph = graph.rounded(to: precision)
    return model
  }

  /// Stages the file, judges it, and removes it again.
  private static func compared(
    _ exported: ONNXModel, of model: Model, _ options: ExportOptions, _ plan: PlanOptions,
    _ path: FilePath,
    _ judge: (ExportChecker) throws(GraftError) -> ExportCheck
  ) throws -> ExportCheck {
    let staged = try ONNXWriter.stage(exported, to: path)
    return try judge(
      ExportChecker(
        original: model, options: options, plan: plan, staged: staged.path, target: path))
  }

  /// The model as ONNX values.
  func onnx(_ options: ExportOptions) throws(GraftError) -> ONNXModel {
    var model = try lifting {
      () throws(GraphError) in
      var graph = try graph.foldingWeights()
      if options.input == .pixels { graph = try graph.normalizingInput(preprocessing) }
      if options.output == .probabilities { graph = try graph.endingInAnswers(task, targetScale) }
      graph = graph.renaming(graph.inputs[0].name, to: "image")
      graph = graph.renaming(
        graph.outputs[0], to: task == .regression ? "values" : options.output.rawValue)
      return try graph.exported(opset: options.opset, weights: options.weights)
    }
    model.producerVersion = graftVersion
    model.metadata = metadata(options)
    return model
  }

  private func metadata(_ options: ExportOptions) -> [ONNXMetadataEntry] {
    var entries: [ONNXMetadataEntry] = []
    func add(_ key: String, _ value: String) {
      entries.append(ONNXMetadataEntry(key: key, value: value))
    }
    let labels = stableJSON(labels ?? [])
    add(GraftMetadata.Key.labels, labels)
    add(GraftMetadata.Key.names, labels)
    if task != .classification { add(GraftMetadata.Key.task, task.rawValue) }
    if let targetScale { add(GraftMetadata.Key.targets, stableJSON(targetScale)) }
    if options.input == .pixels {
      add(GraftMetadata.Key.preprocessing, preprocessing.leavingArithmeticToNetwork.json)
      add(GraftMetadata.Key.normalization, preprocessing.json)
      // Source: ONNX docs/MetadataProps.md, image metadata.
      add("Image.BitmapPixelFormat", "Rgb8")
      add("Image.ColorSpaceGamma", "SRGB")
      add("Image.NominalPixelRange", "NominalRange_0_255")
    } else {
      add(GraftMetadata.Key.preprocessing, preprocessing.json)
    }
    if let card { add(GraftMetadata.Key.card, stableJSON(card)) }
    return entries
  }
}

extension ExportCheck {
  fileprivate mutating func describeWeights(of graph: Graph, _ precision: WeightPrecision) {
    guard precision != .float32 else { return }
    weights = precision.rawValue
    let kept = graph.weightsKeptInFloat32(by: precision)
    keptInFloat32 = kept.isEmpty ? nil : kept
  }
}

extension ExportOptions {
  /// For comparing the file with the model whose weights are rounded already.
  fileprivate var provingRoundedWeights: ExportOptions {
    var options = self
    options.weights = .float32
    if weights != .float32 {
      options.tolerance = min(tolerance, WeightPrecision.float32.usualTolerance)
    }
    return options
  }
}

/// Version of graft, as `--version` prints it and files carry it.
public let graftVersion = "0.1.0"
