import Foundation
public import SystemPackage

/// A photo that was asked for, prepared or not.
public struct LoadedPhoto: Sendable {
  /// A photo ready for the network.
  public struct Prepared: Sendable {
    /// What the file held.
    public var facts: ImageFacts
    /// Pixels of a row.
    public var width: Int
    /// Rows.
    public var height: Int
    /// Height, width, channels: channels last.
    public var pixels: [Float]
  }

  /// Its place among the paths that were asked for.
  public let index: Int
  /// The path as it was given.
  public let path: FilePath
  /// Of the file's bytes, which were read once; `nil` where they could not be read.
  public let contentHash: ContentHash?
  /// The photo, or why there is none.
  public let result: Result<Prepared, DataError>
}

/// Photos read, decoded and resized by threads that run ahead, handed out in the order asked for.
///
/// At most `lookAhead` photos are prepared or in work at once, whatever their number. What comes out
/// does not depend on the number of threads. The threads end when the last photo is prepared, with
/// `cancel`, or with the loader.
public final class PhotoLoader: Sendable {
  private let queue: PhotoQueue

  /// Starts reading.
  ///
  /// - Precondition: at least one thread, at least one photo ahead.
  public convenience init(
    _ paths: [FilePath], preprocessing: Preprocessing, threads: Int = 2, lookAhead: Int = 16,
    limits: ImageLimits = .standard
  ) {
    self.init(
      paths, preprocessing: preprocessing, threads: threads, lookAhead: lookAhead, limits: limits,
      threadName: "graft photos")
  }

  /// The same with threads of a name of their own, at most 15 bytes.
  package init(
    _ paths: [FilePath], preprocessing: Preprocessing, threads: Int, lookAhead: Int,
    limits: ImageLimits = .standard, threadName: String
  ) {
    precondition(threads > 0, "\(threads) threads")
    precondition(lookAhead > 0, "\(lookAhead) photos ahead")
    let count = min(threads, lookAhead, max(paths.count, 1))
    let queue = PhotoQueue(count: paths.count, lookAhead: lookAhead, workers: count)
    self.queue = queue
    for _ in 0..<count {
      // The threads hold the queue, not the loader, so that the loader can go.
      let thread = Thread {
        // From within: on Linux a name that is given before the start is lost.
        Thread.current.name = threadName
        while let index = queue.claim() {
          queue.put(Self.load(paths[index], index, preprocessing, limits))
        }
        queue.workerEnded()
      }
      thread.start()
    }
  }

  deinit { cancel() }

  /// The next photo, waited for; `nil` after the last and after `cancel`.
  public func next() -> LoadedPhoto? { queue.take() }

  /// Stops reading and waits until the threads have ended, one photo at most each.
  public func cancel() { queue.cancel() }

  private static func load(
    _ path: FilePath, _ index: Int, _ preprocessing: Preprocessing, _ limits: ImageLimits
  ) -> LoadedPhoto {
    var hash: ContentHash?
    do throws(DataError) {
      let bytes = try readFile(path, limit: limits.fileBytes)
      hash = ContentHash(of: bytes)
      let decoded = try preprocessing.resized(bytes: bytes, limits: limits)
      let prepared = LoadedPhoto.Prepared(
        facts: decoded.facts, width: decoded.image.width, height: decoded.image.height,
        pixels: preprocessing.normalized(decoded.image))
      return LoadedPhoto(index: index, path: path, contentHash: hash, result: .success(prepared))
    } catch {
      return LoadedPhoto(index: index, path: path, contentHash: hash, result: .failure(error))
    }
  }
}
