import Foundation
import GraftKernels

/// Whether and where features are kept between runs.
public enum FeatureCaching: Hashable, Sendable {
  case off
  /// In the user's cache folder, or `$GRAFT_CACHE`.
  case automatic
  case directory(FilePath)

  /// The folder; nil where features are not kept.
  var directory: FilePath? {
    switch self {
    case .off: nil
    case .automatic:
      FeatureCache.defaultDirectory(environment: ProcessInfo.processInfo.environment)
    case .directory(let path): path
    }
  }
}

/// Computes what a frozen backbone says of photos, each photo once: features are kept on disk by
/// the photo's content, the backbone and the preprocessing.
final class FeatureExtractor {
  /// Features of photos, rows in the order asked for; the rows of unreadable ones are zero.
  struct Features {
    var tensor: Tensor
    var layout: Layout
    var failures: [Int: DataError]
    /// How many came from the cache.
    var cachedCount: Int
    /// What decoding found, by index; only of photos that were decoded in this run.
    var facts: [Int: ImageFacts]
  }

  private let backbone: Graph
  private let preprocessing: Preprocessing
  private let cache: FeatureCache?
  private let batchSize: Int
  private let planOptions: PlanOptions
  private let photoCount: Int?
  private var session: Session?
  let featureShape: Shape

  /// Remarks for the person, such as that the disk is full.
  var notes: [String] { cache?.notes ?? [] }

  /// - Parameter photoCount: how many photos there will be at most, where they come in parts.
  init(
    _ backbone: Graph, preprocessing: Preprocessing, caching: FeatureCaching, batchSize: Int = 8,
    planOptions: PlanOptions = .init(), photoCount: Int? = nil
  ) throws(GraftError) {
    self.backbone = backbone
    self.preprocessing = preprocessing
    self.batchSize = batchSize
    self.planOptions = planOptions
    self.photoCount = photoCount
    let shapes = try lifting {
      () throws(GraphError) in try backbone.shapes(batchSize: 1)
    }
    featureShape = Shape(Array((shapes[backbone.outputs[0]] ?? []).dimensions.dropFirst()))
    cache = try Self.openCache(
      backbone, preprocessing, caching, floats: featureShape.elementCount,
      isExact: planOptions.isExact)
  }

  /// To be raised whenever decoding, resizing or an operator changes what it gives.
  private static let version = 1

  private static func openCache(
    _ backbone: Graph, _ preprocessing: Preprocessing, _ caching: FeatureCaching, floats: Int,
    isExact: Bool
  ) throws(GraftError) -> FeatureCache? {
    guard let directory = caching.directory else { return nil }
    // The last digits depend on the method and on the processor's instructions, too.
    let settings =
      "\(preprocessing.json) v\(Self.version) \(Kernels.instructionSet)\(isExact ? " exact" : "")"
    guard
      let key = FeatureCache.Key(
        backbone: try backbone.fingerprint(),
        preprocessing: ContentHash(of: settings.utf8), floatsPerEntry: floats)
    else { return nil }
    return FeatureCache(directory: directory, key: key)
  }

  /// How many of these photos need no computing.
  func cachedCount(_ hashes: [ContentHash?]) -> Int {
    guard let cache else { return 0 }
    return hashes.count { $0.map { cache.contains($0) } ?? false }
  }

  /// Seconds that each of so many photos takes on this machine, measured on one batch of empty
  /// pictures.
  func measuredSecondsPerPhoto(of photos: Int) throws(GraftError) -> Double {
    var batch = PhotoBatch(capacity: batchSize, imageShape: backbone.inputs[0].imageShape)
    let empty = [Float](repeating: 0, count: backbone.inputs[0].imageShape.elementCount)
    for index in 0..<batchSize { batch.append(empty, index: index, hash: nil) }
    let session = try runningSession(for: photos)
    let elapsed = ContinuousClock().measure { _ = session.forward(batch.view) }
    return elapsed.seconds / Double(batchSize)
  }

  /// The features of photos.
  ///
  /// - Parameters:
  ///   - hashes: of the photos' bytes; nil for photos that are known to be unreadable.
  ///   - store: where the features will lie.
  ///   - progress: told after each batch how many photos are done; answers `.stop` to end.
  /// - Throws: `interrupted` where the caller said stop. What was computed is in the cache.
  func features(
    of paths: [FilePath], hashes: [ContentHash?], in store: FeatureStore,
    progress: (Int) -> Directive = { _ in .proceed }
  ) throws(GraftError) -> Features {
    var result = Features(
      tensor: Tensor(Shape([0])), layout: featureShape.rank == 3 ? .channelsLast : .channelsFirst,
      failures: [:], cachedCount: 0, facts: [:])
    result.tensor = try store.tensor(Shape([paths.count] + featureShape.dimensions)) {
      (rows) throws(GraftError) in
      try fill(rows, of: paths, hashes, &result, progress)
    }
    return result
  }

  private func fill(
    _ rows: UnsafeMutablePointer<Float>, of paths: [FilePath], _ hashes: [ContentHash?],
    _ result: inout Features, _ progress: (Int) -> Directive
  ) throws(GraftError) {
    let size = featureShape.elementCount
    var missing: [Int] = []
    for index in paths.indices {
      guard let hash = hashes[index] else { continue }
      if cache?.read(hash, into: rows + index * size) == true {
        result.cachedCount += 1
      } else {
        missing.append(index)
      }
    }
    guard progress(result.cachedCount) == .proceed else { throw .stopped }
    try compute(missing, of: paths, into: rows, &result, progress)
  }

  /// Photos are decoded ahead on other threads while the network computes.
  private func compute(
    _ missing: [Int], of paths: [FilePath], into rows: UnsafeMutablePointer<Float>,
    _ result: inout Features, _ progress: (Int) -> Directive
  ) throws(GraftError) {
    guard !missing.isEmpty else { return }
    let loader = PhotoLoader(
      missing.map { paths[$0] }, preprocessing: preprocessing,
      threads: Parallel.threadCount, lookAhead: 2 * batchSize)
    defer { loader.cancel() }
    var batch = PhotoBatch(capacity: batchSize, imageShape: backbone.inputs[0].imageShape)
    var done = result.cachedCount
    while let photo = loader.next() {
      let index = missing[photo.index]
      done += 1
      switch photo.result {
      case .success(let prepared):
        result.facts[index] = prepared.facts
        batch.append(prepared.pixels, index: index, hash: photo.contentHash)
      case .failure(let error):
        result.failures[index] = error
      }
      if batch.isFull {
        try run(&batch, of: missing.count, into: rows)
        guard progress(done) == .proceed else { throw .stopped }
      }
    }
    try run(&batch, of: missing.count, into: rows)
    guard progress(done) == .proceed else { throw .stopped }
  }

  private func run(
    _ batch: inout PhotoBatch, of photos: Int, into rows: UnsafeMutablePointer<Float>
  ) throws(GraftError) {
    guard !batch.indices.isEmpty else { return }
    let size = featureShape.elementCount
    let output = try runningSession(for: photos).forward(batch.view)
    for (row, index) in batch.indices.enumerated() {
      (rows + index * size).update(from: output.base + row * size, count: size)
      if let hash = batch.hashes[row] { cache?.append(hash, output.base + row * size) }
    }
    batch.removeAll()
  }

  /// Are so few photos computed sooner than large pages of memory have paid?
  static func areFew(_ photos: Int) -> Bool { photos <= 200 }

  /// Gives the memory of the network back, until photos are asked for again.
  func release() { session = nil }

  /// Made when the first photo needs it: planning and packing take a moment.
  private func runningSession(for photos: Int) throws(GraftError) -> Session {
    if let session { return session }
    let isBrief = Self.areFew(photoCount ?? photos)
    let made = try lifting {
      () throws(GraphError) in
      try Session(
        backbone, batchSize: batchSize, mode: .inference, options: planOptions, isBrief: isBrief)
    }
    session = made
    return made
  }
}

extension GraftError {
  /// The caller asked to end.
  static let stopped = GraftError("stopped", kind: .interrupted)
}

/// Prepared photos on their way into the network.
struct PhotoBatch {
  private(set) var indices: [Int] = []
  private(set) var hashes: [ContentHash?] = []
  private let capacity: Int
  private let imageShape: Shape
  private let arena: Arena

  init(capacity: Int, imageShape: Shape) {
    self.capacity = capacity
    self.imageShape = imageShape
    arena = Arena(count: capacity * imageShape.elementCount)
  }

  var isFull: Bool { indices.count == capacity }

  /// `[n, 3, H, W]`, channels last, as photos come.
  var view: TensorView {
    TensorView(
      Shape([indices.count] + imageShape.dimensions), arena.base, layout: .channelsLast)
  }

  mutating func append(_ pixels: [Float], index: Int, hash: ContentHash?) {
    let slot = arena.base + indices.count * imageShape.elementCount
    pixels.withUnsafeBufferPointer { slot.update(from: $0.baseAddress!, count: $0.count) }
    indices.append(index)
    hashes.append(hash)
  }

  mutating func removeAll() {
    indices = []
    hashes = []
  }
}
