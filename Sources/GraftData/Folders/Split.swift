/// Which photos are learnt from, and which are kept back to judge the result.
///
/// The side of a photo is decided by its content: `u = SHA-256(seed, content)` as a fraction of
/// 2^64; below the test fraction it is for testing, then for validation, else for training. So the
/// split does not depend on names or order, photos that are added or removed do not move others,
/// and copies of one photo are never on two sides, not even under two classes. Each class gets its
/// fraction as closely as independent draws do.
///
/// A class of two or more different photos has at least one on each side: where the draws give none,
/// the nearest moves. Where a photo of another class would be torn, that class keeps its own. So does
/// a label where photos have several; photos with numbers are one class.
public struct Split: Hashable, Sendable {
  /// What a photo is used for.
  public enum Side: String, Hashable, Sendable, CaseIterable {
    case train, validation, test
  }

  /// Indices of the samples, ascending.
  public let train: [Int]
  /// Indices of the samples to choose the best epoch by, ascending.
  public let validation: [Int]
  /// Indices of the samples to judge the result by, ascending.
  public let test: [Int]
  /// Samples without a content hash, because they could not be read: on no side.
  public let unread: [Int]
  /// Samples that are copies of one another, two or more each, in order of their first.
  public let duplicates: [[Int]]
  /// Of those, the ones whose copies are in different classes.
  public let conflicts: [[Int]]
  /// Of those, the ones that are on different sides: only where the folder came split.
  public let leaks: [[Int]]

  /// True where no sample is on any side.
  public var isEmpty: Bool { train.isEmpty && validation.isEmpty && test.isEmpty }

  /// Splits samples by content.
  ///
  /// - Parameter hashes: one for each sample, `nil` where the file could not be read.
  /// - Precondition: fractions are not negative and leave something to train on.
  public init(
    _ samples: [Sample], hashes: [ContentHash?], validation: Double = 0.2, test: Double = 0,
    seed: UInt64
  ) {
    precondition(
      samples.count == hashes.count, "\(hashes.count) hashes of \(samples.count) samples")
    precondition(
      validation >= 0 && test >= 0 && validation + test < 1,
      "fractions \(validation) and \(test) leave nothing to train on")
    var draw = Draw(samples, hashes, seed: seed, validation: validation, test: test)
    draw.fillEmptySides()
    self.init(samples, hashes, sides: hashes.map { hash in hash.flatMap { draw.sides[$0] } })
  }

  /// The split of a folder: its own `val` and `test` where it has them, the rest by content.
  ///
  /// - Parameter hashes: one for each of `folder.allSamples`.
  public init(
    _ folder: ImageFolder, hashes: [ContentHash?], validation: Double = 0.2, test: Double = 0,
    seed: UInt64
  ) {
    let samples = folder.allSamples
    precondition(
      samples.count == hashes.count, "\(hashes.count) hashes of \(samples.count) samples")
    let count = folder.samples.count
    let drawn = Split(
      folder.samples, hashes: Array(hashes[..<count]),
      validation: folder.validation == nil ? validation : 0,
      test: folder.test == nil ? test : 0, seed: seed)
    var sides = [Side?](repeating: nil, count: samples.count)
    for side in Side.allCases { for index in drawn.indices(of: side) { sides[index] = side } }
    let validationEnd = count + (folder.validation?.count ?? 0)
    for index in count..<samples.count where hashes[index] != nil {
      sides[index] = index < validationEnd ? .validation : .test
    }
    self.init(samples, hashes, sides: sides)
  }

  private init(_ samples: [Sample], _ hashes: [ContentHash?], sides: [Side?]) {
    func indices(_ side: Side?) -> [Int] { sides.indices.filter { sides[$0] == side } }
    train = indices(.train)
    validation = indices(.validation)
    test = indices(.test)
    unread = indices(nil)
    var copies: [ContentHash: [Int]] = [:]
    for (index, hash) in hashes.enumerated() {
      if let hash { copies[hash, default: []].append(index) }
    }
    duplicates = copies.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }
    conflicts = duplicates.filter { Set($0.map { samples[$0].answer }).count > 1 }
    leaks = duplicates.filter { Set($0.map { sides[$0] }).count > 1 }
  }

  /// Indices of the samples of one side, ascending.
  public func indices(of side: Side) -> [Int] {
    switch side {
    case .train: train
    case .validation: validation
    case .test: test
    }
  }
}

// MARK: - Drawing

/// The side of every content.
private struct Draw {
  var sides: [ContentHash: Split.Side] = [:]
  /// Where in `0..<1` a content falls.
  private var place: [ContentHash: Double] = [:]
  /// The classes in which a content occurs, or the labels that it has.
  private var labels: [ContentHash: Set<Int>] = [:]
  private let wanted: [Split.Side]

  init(
    _ samples: [Sample], _ hashes: [ContentHash?], seed: UInt64, validation: Double, test: Double
  ) {
    wanted = [.train] + (validation > 0 ? [.validation] : []) + (test > 0 ? [.test] : [])
    for (sample, hash) in zip(samples, hashes) {
      guard let hash else { continue }
      labels[hash, default: []].formUnion(sample.groups)
      guard place[hash] == nil else { continue }
      let u = Self.place(hash, seed: seed)
      place[hash] = u
      sides[hash] = u < test ? .test : u < test + validation ? .validation : .train
    }
  }

  private static func place(_ hash: ContentHash, seed: UInt64) -> Double {
    let salt = (0..<8).map { UInt8(truncatingIfNeeded: seed >> (8 * UInt64($0))) }
    let drawn = ContentHash(of: salt + hash.bytes).bytes.prefix(8)
    // 53 bits, as many as a Double holds, so that the result stays below 1.
    return Double(drawn.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } >> 11) * 0x1p-53
  }

  /// Moves the nearest content to a side that a class lacks, as far as the class has contents.
  mutating func fillEmptySides() {
    var contents: [Int: [ContentHash]] = [:]
    for (hash, classes) in labels {
      for label in classes { contents[label, default: []].append(hash) }
    }
    for label in contents.keys.sorted() {
      // Ties of places are impossible but for a collision; then the hash itself decides.
      let ordered = (contents[label] ?? []).sorted { a, b in
        (place[a] ?? 0, a) < (place[b] ?? 0, b)
      }
      // Few contents are for training first, then for validation.
      let due = wanted.prefix(ordered.count)
      for side in due where !ordered.contains(where: { sides[$0] == side }) {
        move(to: side, from: ordered, due: due)
      }
    }
  }

  /// Low places are tested, high ones trained on, so a side is filled from its own end. Contents of
  /// one class come first: moving a shared one could empty a side of another class.
  private mutating func move(
    to side: Split.Side, from ordered: [ContentHash], due: ArraySlice<Split.Side>
  ) {
    let candidates = side == .train ? Array(ordered.reversed()) : ordered
    let movable = candidates.filter { hash in
      !due.contains { $0 == sides[hash] } || ordered.count { sides[$0] == sides[hash] } > 1
    }
    let own = movable.first { labels[$0]?.count == 1 }
    guard let moved = own ?? movable.first(where: { leavesOthersWhole($0) }) else { return }
    sides[moved] = side
  }

  private func leavesOthersWhole(_ hash: ContentHash) -> Bool {
    (labels[hash] ?? []).allSatisfy { label in
      labels.count { $0.key != hash && $0.value.contains(label) && sides[$0.key] == sides[hash] }
        > 0
    }
  }
}

// MARK: - Table

extension Split {
  /// The table `path,label,split`, a row for each sample that is on a side, in the samples' order.
  /// Where photos have several labels, `labels` are joined by `|`; numbers have a column each.
  public func csv(_ samples: [Sample], classes: [String]) -> [UInt8] {
    var sides = [Side?](repeating: nil, count: samples.count)
    for side in Side.allCases { for index in indices(of: side) { sides[index] = side } }
    var table = CSVWriter(header: ["path"] + header(samples, classes) + ["split"])
    for (sample, side) in zip(samples, sides) {
      guard let side else { continue }
      table.append(
        [sample.path.bytes] + sample.fields(classes).map { Array($0.utf8) }
          + [Array(side.rawValue.utf8)])
    }
    return table.bytes
  }

  private func header(_ samples: [Sample], _ classes: [String]) -> [String] {
    switch samples.first?.answer {
    case .values: classes
    case .labels: ["labels"]
    case .label, nil: ["label"]
    }
  }
}

extension Sample {
  /// What a table says of it.
  fileprivate func fields(_ classes: [String]) -> [String] {
    switch answer {
    case .label(let label): [classes[label]]
    case .labels(let labels, _): [labels.map { classes[$0] }.joined(separator: "|")]
    case .values(let values): values.map { "\($0)" }
    }
  }
}
