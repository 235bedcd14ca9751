import GraftKernels

/// What a model says of one photo.
public struct Classification: Hashable, Sendable {
  /// A class and how probable the model finds it.
  public struct Guess: Hashable, Sendable {
    /// The name of the class.
    public var label: String
    /// From 0 to 1.
    public var probability: Float
  }

  /// A number of the photo.
  public struct Value: Hashable, Sendable {
    /// What it is called.
    public var label: String
    /// In the units of the photos that were learned from.
    public var value: Float
  }

  /// The photo, as it was given.
  public let path: FilePath
  /// All classes, or all labels, most probable first; empty where the photo cannot be read, or where
  /// the model says values.
  public let guesses: [Guess]
  /// In the order of the outputs; empty where the model says no values.
  public let values: [Value]
  /// Why the photo cannot be read.
  public let error: DataError?
}

/// Says what is on photos.
public struct Classifier {
  /// The network that answers.
  public let model: Model
  private let labels: [String]
  private let caching: FeatureCaching
  private let plan: PlanOptions

  /// Fewer photos than this are simply computed: hashing a backbone takes as long.
  static let fewestForCache = 16

  /// - Throws: where nobody knows the model's labels.
  public init(
    _ model: Model, caching: FeatureCaching = .automatic, plan: PlanOptions = .init()
  ) throws(GraftError) {
    guard let labels = model.labels else {
      throw GraftError(
        "\(model.file?.path.displayName ?? model.name): the file names no labels for its "
          + "\(model.classCount) outputs",
        hints: ["Give them with --labels FILE, one name a line, in output order."])
    }
    self.model = model
    self.labels = labels
    self.caching = caching
    self.plan = plan
  }

  /// Classifies photos in groups, so that memory does not grow with their number.
  ///
  /// - Parameter onPhoto: told of every photo, in the order given; answers `.stop` to end.
  public func classify(
    _ paths: [FilePath], onPhoto: (Classification) throws(GraftError) -> Directive
  ) throws(GraftError) {
    try forEachPhoto(paths) { (index, result) throws(GraftError) in
      switch result {
      case .success(let logits):
        try onPhoto(
          Classification(
            path: paths[index], guesses: ranked(logits), values: values(logits), error: nil))
      case .failure(let error):
        try onPhoto(Classification(path: paths[index], guesses: [], values: [], error: error))
      }
    }
  }

  /// The logits of photos in the order given; nil for those that cannot be read.
  func classifyLogits(
    _ paths: [FilePath], onPhoto: ([Float]?) -> Directive
  ) throws(GraftError) {
    try forEachPhoto(paths) { (_, result) throws(GraftError) in
      onPhoto(try? result.get())
    }
  }

  /// What the network gives for each photo, in the order given.
  func forEachPhoto(
    _ paths: [FilePath],
    _ body: (Int, Result<[Float], DataError>) throws(GraftError) -> Directive
  ) throws(GraftError) {
    let parts = try lifting {
      () throws(GraphError) in
      try model.graph.split(at: model.headFeatures())
    }
    let isCached = paths.count >= Self.fewestForCache && caching.directory != nil
    let extractor = try FeatureExtractor(
      parts.backbone, preprocessing: model.preprocessing, caching: isCached ? caching : .off,
      batchSize: min(8, max(paths.count, 1)), planOptions: plan, photoCount: paths.count)
    let head = try lifting {
      () throws(GraphError) in
      try Session(
        parts.head, batchSize: 1, mode: .inference, options: plan,
        isBrief: FeatureExtractor.areFew(paths.count))
    }
    for start in stride(from: 0, to: paths.count, by: Self.groupSize) {
      let group = Array(paths[start..<min(start + Self.groupSize, paths.count)])
      let results = try logits(of: group, extractor, head)
      for (index, result) in results.enumerated() {
        guard try body(start + index, result) == .proceed else { return }
      }
    }
  }

  /// Photos whose features are in memory at once.
  private static let groupSize = 64

  private func logits(
    of paths: [FilePath], _ extractor: FeatureExtractor, _ head: Session
  ) throws(GraftError) -> [Result<[Float], DataError>] {
    let hashes = SplitPhotos.hashes(of: paths)
    let features = try extractor.features(
      of: paths, hashes: hashes.map { try? $0.get() }, in: .memory)
    let size = features.tensor.shape.elementCountPerImage
    let shape = Shape([1] + extractor.featureShape.dimensions)
    return features.tensor.withUnsafeElements { elements in
      paths.indices.map { index in
        if let error = hashes[index].failure ?? features.failures[index] { return .failure(error) }
        let row = TensorView(
          shape, elements.baseAddress! + index * size, layout: features.layout)
        return .success(Array(head.forward(row).elements))
      }
    }
  }

  private func values(_ logits: [Float]) -> [Classification.Value] {
    guard model.task == .regression else { return [] }
    return zip(labels, model.answers(of: logits)).map {
      Classification.Value(label: $0, value: $1)
    }
  }

  private func ranked(_ logits: [Float]) -> [Classification.Guess] {
    guard model.task != .regression else { return [] }
    let probabilities = model.answers(of: logits)
    return probabilities.indices
      .sorted { (probabilities[$0], $1) > (probabilities[$1], $0) }
      .map { Classification.Guess(label: labels[$0], probability: probabilities[$0]) }
  }
}

extension Result where Failure == DataError {
  /// The error, where there is one.
  var failure: DataError? {
    if case .failure(let error) = self { error } else { nil }
  }
}
