import Dispatch
import Foundation

/// How fast photos are decoded and resized here. They are read from disk beforehand.
public struct PhotoBenchmark: Sendable {
  /// What is timed is one pass over the photos, each of them once.
  public struct Options: Sendable {
    /// Photos become squares of this size, whatever their proportions.
    public var side: Int
    /// Photos that are prepared at once, each by one thread.
    public var threads: Int
    /// Seconds of measuring, at least.
    public var seconds: Double
    /// Time every stage as well.
    public var profiles: Bool

    /// Squares of 224 pixels, one thread and five seconds unless given.
    public init(side: Int = 224, threads: Int = 1, seconds: Double = 5, profiles: Bool = false) {
      self.side = side
      self.threads = threads
      self.seconds = seconds
      self.profiles = profiles
    }
  }

  /// A part of the work and how long a processor is busy with it for a photo.
  public struct Stage: Codable, Hashable, Sendable {
    /// `decode`, `resize` or `normalise`.
    public let name: String
    /// The mean over the photos.
    public let seconds: Double
  }

  /// How many photos there are, at most 100.
  public let photoCount: Int
  /// The mean size of a file.
  public let bytesOfPhoto: Int
  /// Photos a second of each run: of runs that others disturbed only where there are too few else.
  public let rates: [Double]
  /// Runs that were left out.
  public let droppedRuns: Int
  /// Share of the machine that other processes took, the median over runs; nil where unknown.
  public let othersShare: Double?
  /// Processor time of a photo, which others disturb less than the rate.
  public let processorSeconds: Double
  /// What the time goes to, one stage after the other; empty unless asked for. Together they take
  /// longer than what is timed, which resizes while it decodes and leaves numbers as they are.
  public let stages: [Stage]
  /// Were fewer than three runs undisturbed?
  public let isNoisy: Bool

  /// Photos a second: the median of the runs.
  public var photosPerSecond: Double { median(rates) }
}

// MARK: - Measuring

extension PhotoBenchmark {
  /// How many photos are read: what fits any memory.
  static let mostPhotos = 100

  /// Times the first hundred photos of a folder.
  ///
  /// - Parameter onRun: told of the photos a second of each run and of the part of the time that is
  ///   over; answers `.stop` to end with what there is.
  public init(
    _ folder: FilePath, _ options: Options = .init(),
    onRun: (_ photosPerSecond: Double, _ fraction: Double) -> Directive = { _, _ in .proceed }
  ) throws(GraftError) {
    let preprocessing = Preprocessing(
      fit: .stretch, crop: options.side, scale: 1 / 255, mean: [0.5, 0.5, 0.5])
    let photos = try Self.read(folder, preprocessing)
    let runs = BenchmarkRuns(
      imagesOfCall: photos.count, seconds: options.seconds,
      call: { Self.prepare(photos, preprocessing, options.threads) }, onRun: onRun)
    photoCount = photos.count
    bytesOfPhoto = photos.reduce(0) { $0 + $1.count } / photos.count
    (rates, droppedRuns, othersShare) = (runs.rates, runs.dropped, runs.othersShare)
    (processorSeconds, isNoisy) = (runs.processorSeconds, runs.isNoisy)
    stages = options.profiles ? Self.timeStages(photos, preprocessing) : []
  }

  /// The files' bytes. Each was decoded once, so that none fails later.
  private static func read(
    _ folder: FilePath, _ preprocessing: Preprocessing
  ) throws(GraftError) -> [[UInt8]] {
    let list = try lifting { () throws(DataError) in try PhotoList([folder], recursive: true) }
    var photos: [[UInt8]] = []
    for path in list.paths.prefix(mostPhotos) {
      do throws(DataError) {
        photos.append(try readFile(path, limit: ImageLimits.standard.fileBytes))
        _ = try preprocessing.resized(bytes: photos[photos.count - 1])
      } catch {
        throw GraftError(error.in(file: path.displayName))
      }
    }
    return photos
  }

  private static func prepare(_ photos: [[UInt8]], _ preprocessing: Preprocessing, _ threads: Int) {
    DispatchQueue.concurrentPerform(iterations: threads) { thread in
      for index in stride(from: thread, to: photos.count, by: threads) {
        _ = try? preprocessing.resized(bytes: photos[index])
      }
    }
  }

  private static func timeStages(_ photos: [[UInt8]], _ preprocessing: Preprocessing) -> [Stage] {
    var seconds = [0.0, 0.0, 0.0]
    for bytes in photos {
      let start = MachineLoad.ownSeconds
      guard let decoded = try? ImageReader.read(bytes: bytes).image else { continue }
      let isDecoded = MachineLoad.ownSeconds
      guard let resized = try? preprocessing.resized(decoded) else { continue }
      let isResized = MachineLoad.ownSeconds
      _ = preprocessing.normalized(resized)
      seconds[0] += isDecoded - start
      seconds[1] += isResized - isDecoded
      seconds[2] += MachineLoad.ownSeconds - isResized
    }
    return zip(["decode", "resize", "normalise"], seconds).map {
      Stage(name: $0, seconds: $1 / Double(photos.count))
    }
  }
}
