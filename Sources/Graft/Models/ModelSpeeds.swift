public import Foundation

/// How fast known models run on this machine, as far as it was measured; kept in graft's cache.
public struct ModelSpeeds: Sendable {
  /// One measurement.
  public struct Speed: Hashable, Sendable, Codable {
    /// Forward, in batches of ``ModelSpeeds/batchSize``.
    public var photosPerSecond: Double
    /// Version of graft that measured.
    public var graftVersion: String
  }

  /// Photos that run together.
  public static let batchSize = 8

  /// By machine, then by the SHA-256 of the model's file.
  private var speeds: [String: [String: Speed]] = [:]
  private let file: FilePath?

  /// What was measured before. A file that cannot be read counts as none: it holds nothing that
  /// cannot be measured again.
  public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    file = ModelLocator.cacheFolder(environment: environment)?.appending("speeds.json")
    if let file, let data = FileManager.default.contents(atPath: file.string) {
      speeds = (try? JSONDecoder().decode([String: [String: Speed]].self, from: data)) ?? [:]
    }
  }

  /// Photos a second of a model on this machine with as many threads as now; nil where nobody has
  /// measured.
  public subscript(record: ModelRecord) -> Speed? {
    speeds[Self.machine]?[record.sha256]
  }

  /// Times a model that is here, and remembers.
  ///
  /// - Parameter onProgress: told of the part that is over; answers `.stop` to end.
  /// - Returns: whether other programs disturbed the measurement.
  /// - Throws: ``GraftError`` where the model cannot be run, or the folder not be written.
  public mutating func measure(
    _ record: ModelRecord, onProgress: (Double) -> Directive
  ) throws(GraftError) -> Bool {
    var isStopped = false
    let result = try Model.pretrained(record.name).benchmark(
      Benchmark.Options(batchSize: Self.batchSize, seconds: 3)
    ) { _, fraction in
      let answer = onProgress(fraction)
      isStopped = isStopped || answer == .stop
      return answer
    }
    guard !isStopped else { throw .stopped }
    speeds[Self.machine, default: [:]][record.sha256] = Speed(
      photosPerSecond: result.imagesPerSecond, graftVersion: graftVersion)
    try save()
    return result.isNoisy
  }

  private func save() throws(GraftError) {
    guard let file else { return }
    let folder = file.removingLastComponent()
    do {
      try FileManager.default.createDirectory(
        atPath: folder.string, withIntermediateDirectories: true)
    } catch {
      throw GraftError("\(folder.displayName): the folder cannot be created.", kind: .cannotCreate)
    }
    do throws(DataError) {
      try replaceFile(file, with: Array(stableJSON(speeds).utf8))
    } catch {
      throw GraftError(error.in(file: file.displayName))
    }
  }

  /// The processor, its instructions and the number of threads: a folder may be shared by machines.
  private static var machine: String {
    "\(processorName), \(instructionSet), \(threadCount) threads"
  }
}
