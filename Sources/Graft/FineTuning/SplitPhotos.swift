import GraftKernels

/// A folder of photos, each on its side: to learn from, or kept back.
public struct SplitPhotos: Sendable {
  /// The photos as they were found.
  public let folder: ImageFolder
  /// Every photo, in the order of the split's indices.
  public let samples: [Sample]
  /// Of each photo's bytes; nil where they could not be read.
  public let hashes: [ContentHash?]
  /// Why those could not.
  public let unreadable: [Int: DataError]
  /// Which photos are learned from, and which judge.
  public let split: Split
  /// How the split was drawn.
  public let fractions: (validation: Double, test: Double)
  /// The seed of the split.
  public let seed: UInt64

  /// Class names: what ``Model/replacingHead(classes:head:cut:seed:)`` wants.
  public var labels: [String] { folder.classes }
  /// What there is to learn.
  public var task: LearningTask { folder.task }

  /// Reads every photo once to hash it.
  init(
    _ folder: ImageFolder, validation: Double, test: Double, seed: UInt64
  ) throws(GraftError) {
    guard validation >= 0, test >= 0, validation + test < 1 else {
      throw GraftError(
        "fractions \(validation) for validation and \(test) for test leave nothing to train on",
        kind: .usage)
    }
    let samples = folder.allSamples
    let results = Self.hashes(of: samples.map(\.path))
    var hashes: [ContentHash?] = []
    var unreadable: [Int: DataError] = [:]
    for index in samples.indices {
      switch results[index] {
      case .success(let hash): hashes.append(hash)
      case .failure(let error):
        hashes.append(nil)
        unreadable[index] = error
      }
    }
    self.init(
      folder, samples: samples, hashes: hashes, unreadable: unreadable,
      fractions: (validation, test), seed: seed)
  }

  private init(
    _ folder: ImageFolder, samples: [Sample], hashes: [ContentHash?],
    unreadable: [Int: DataError], fractions: (validation: Double, test: Double), seed: UInt64
  ) {
    self.folder = folder
    self.samples = samples
    self.hashes = hashes
    self.unreadable = unreadable
    self.fractions = fractions
    self.seed = seed
    split = Split(
      folder, hashes: hashes, validation: fractions.validation, test: fractions.test, seed: seed)
  }

  /// How many of these photos each class has, or each label; all of them for each number.
  public func countsPerClass(_ indices: some Sequence<Int>) -> [Int] {
    indices.reduce(into: [Int](repeating: 0, count: labels.count)) { counts, index in
      switch samples[index].answer {
      case .label(let label): counts[label] += 1
      case .labels(let labels, _): for label in labels { counts[label] += 1 }
      case .values: for output in counts.indices { counts[output] += 1 }
      }
    }
  }

  /// SHA-256 of each file, read side by side.
  static func hashes(of paths: [FilePath]) -> [Result<ContentHash, DataError>] {
    let results = Slots<Result<ContentHash, DataError>>(count: paths.count)
    Parallel.run(paths.count) { index in
      do throws(DataError) {
        results.set(index, .success(try ContentHash(ofFile: paths[index])))
      } catch {
        results.set(index, .failure(error))
      }
    }
    return paths.indices.map { results[$0] ?? .failure(DataError("was not read")) }
  }

  /// The same photos without some that turned out to be unreadable.
  func excluding(_ failures: [Int: DataError]) -> SplitPhotos {
    guard !failures.isEmpty else { return self }
    var hashes = hashes
    for index in failures.keys { hashes[index] = nil }
    return SplitPhotos(
      folder, samples: samples, hashes: hashes,
      unreadable: unreadable.merging(failures) { first, _ in first }, fractions: fractions,
      seed: seed)
  }

  /// SHA-256 of which content is on which side under which class.
  public var splitHash: String {
    var hasher = ContentHasher()
    for side in Split.Side.allCases {
      let lines = split.indices(of: side).compactMap { index in
        hashes[index].map { "\(side.rawValue) \(words(of: samples[index])) \($0.hex)\n" }
      }
      hasher.update(Array(lines.sorted().joined().utf8))
    }
    return hasher.finalize().hex
  }

  private func words(of sample: Sample) -> String {
    switch sample.answer {
    case .label(let label): labels[label]
    case .labels(let found, _): stableJSON(found.map { labels[$0] })
    case .values(let values): stableJSON(values)
    }
  }
}

extension ImageFolder {
  /// Decides by content which photos are kept back; the folder's own `val` and `test` stay as they
  /// are.
  ///
  /// - Parameters:
  ///   - validation: fraction kept back to judge every epoch.
  ///   - test: fraction kept back that no decision ever sees.
  public func split(
    validation: Double = 0.2, test: Double = 0, seed: UInt64 = 1
  ) throws(GraftError) -> SplitPhotos {
    try SplitPhotos(self, validation: validation, test: test, seed: seed)
  }
}
