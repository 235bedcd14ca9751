public import GraftData
public import GraftTensor

/// Photos exactly as the network will see them in use: to validate and to test with.
///
/// There is nothing here that could augment: neither a member nor an epoch changes what is read.
public final class PlainPhotos: SampleSource, Sendable {
  private let reader: PhotoBatchReader

  /// Reads nothing yet.
  ///
  /// - Throws: where the preprocessing does not bring all photos to one size.
  public init(
    _ samples: [Sample], targets: Tensor? = nil, preprocessing: Preprocessing,
    options: PhotoReadingOptions = .init()
  ) throws(TrainingError) {
    self.targets = targets
    let store = PhotoStore(samples, preprocessing: preprocessing, policy: .none, options: options)
    reader = try PhotoBatchReader(store, options: options) { ticket throws(DataError) in
      try store.plain(ticket.index)
    }
  }

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

  /// A photo as the network sees it, before its numbers are normalised.
  public func picture(_ index: Int) throws(TrainingError) -> Image {
    try reader.picture(index, epoch: nil)
  }

  /// Writes photos, the same in every epoch.
  ///
  /// - Throws: names the file that cannot be read.
  public func read(
    _ indices: ArraySlice<Int>, epoch: Int?, into memory: UnsafeMutablePointer<Float>
  ) throws(TrainingError) {
    try reader.read(indices, epoch: nil, into: memory)
  }

  /// Prepares photos on other threads.
  public func prefetch(_ indices: ArraySlice<Int>, epoch: Int?) {
    reader.prefetch(indices, epoch: nil)
  }
}
