public import GraftData

/// How photos are kept and read ahead. None of it changes what is read.
public struct PhotoReadingOptions: Hashable, Sendable {
  /// Decoded photos that are kept, at most, in bytes: three for each pixel. What does not fit is
  /// decoded again whenever it is wanted.
  public var memoryBytes: Int
  /// Threads that prepare the next batch.
  public var threads: Int
  /// What a file may ask for.
  public var limits: ImageLimits

  /// A gigabyte: 6,600 photos of 224 x 224 pixels, or 325,000 of 32 x 32.
  public init(
    memoryBytes: Int = 1_000_000_000, threads: Int = 2, limits: ImageLimits = .standard
  ) {
    self.memoryBytes = memoryBytes
    self.threads = threads
    self.limits = limits
  }
}
