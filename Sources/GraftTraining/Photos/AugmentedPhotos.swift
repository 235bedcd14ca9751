public import GraftData
public import GraftTensor

/// Photos to learn from, changed at random in every epoch.
///
/// What a photo looks like is decided by the seed, the epoch and its index alone: not by the batch
/// it is in, nor by the number of threads, nor by what was read before. Without an epoch it is what
/// ``PlainPhotos`` gives.
///
/// Decoded photos are kept while they fit into ``PhotoReadingOptions/memoryBytes``, so that epochs
/// after the first only augment.
public final class AugmentedPhotos: SampleSource, Sendable {
  /// What is done to them.
  public let policy: AugmentationPolicy
  /// How many different views of a photo there are; nil where each epoch has its own.
  public let viewCount: Int?
  /// Of everything random.
  public let seed: UInt64
  private let reader: PhotoBatchReader

  /// Reads nothing yet.
  ///
  /// - Parameter views: how many views of each photo there are, so that something computed from them
  ///   can be kept: epoch e shows view `e % views`. With nil every epoch shows new ones.
  /// - Throws: where the preprocessing does not bring all photos to one size.
  public init(
    _ samples: [Sample], targets: Tensor? = nil, preprocessing: Preprocessing,
    policy: AugmentationPolicy,
    views: Int? = nil, seed: UInt64, options: PhotoReadingOptions = .init()
  ) throws(TrainingError) {
    if let views, views < 1 {
      throw TrainingError("views is \(views); expected at least 1", kind: .badSetting)
    }
    self.targets = targets
    self.policy = policy
    viewCount = views
    self.seed = seed
    let store = PhotoStore(samples, preprocessing: preprocessing, policy: policy, options: options)
    reader = try PhotoBatchReader(store, options: options) { ticket throws(DataError) in
      guard let view = ticket.epoch, let side = preprocessing.crop else {
        return try store.plain(ticket.index)
      }
      var generator = SeededGenerator(seed, Self.stream, view, ticket.index)
      return try policy.view(of: store.canvas(ticket.index), side: side, using: &generator)
    }
  }

  /// Keeps the draws apart from others of the same seed, epoch and number.
  private static let stream = 0x70_686F_746F

  /// `[3, side, side]`
  public var sampleShape: Shape { reader.sampleShape }
  /// Channels last, as photos lie.
  public var layout: Layout { .channelsLast }
  /// The class of each photo.
  public var labels: [Int] { reader.store.samples.map(\.label) }
  /// What the network should say of each photo, where that is no class.
  public let targets: Tensor?

  /// Decodes every photo once and keeps what fits into memory.
  ///
  /// Not needed before reading; it tells early what cannot be read, and how long reading takes.
  ///
  /// - Parameter progress: told how many photos are done; answers `.stop` to end.
  /// - Returns: why some photos cannot be read, by index.
  @discardableResult
  public func load(progress: (Int) -> Directive = { _ in .proceed }) -> [Int: DataError] {
    reader.store.load(progress)
  }

  /// A photo as the network sees it in an epoch, before its numbers are normalised; without an epoch,
  /// without augmentation.
  public func picture(_ index: Int, epoch: Int?) throws(TrainingError) -> Image {
    try reader.picture(index, epoch: view(epoch))
  }

  /// Writes photos as they are in an epoch; without one, without augmentation.
  ///
  /// - Throws: names the file that cannot be read.
  public func read(
    _ indices: ArraySlice<Int>, epoch: Int?, into memory: UnsafeMutablePointer<Float>
  ) throws(TrainingError) {
    try reader.read(indices, epoch: view(epoch), into: memory)
  }

  /// Decodes and augments photos on other threads.
  public func prefetch(_ indices: ArraySlice<Int>, epoch: Int?) {
    reader.prefetch(indices, epoch: view(epoch))
  }

  private func view(_ epoch: Int?) -> Int? {
    guard let epoch, let viewCount else { return epoch }
    return (epoch % viewCount + viewCount) % viewCount
  }
}
