public import GraftData
public import SystemPackage

/// Features of photos kept on disk, so that a photo runs through a frozen backbone once.
///
/// One file for each backbone and preprocessing, entries by the content of the photo. The cache
/// never fails a run: what cannot be read is absent, what cannot be written is left out, and
/// ``notes`` says so. Several processes may share it. One owner; not for several threads at once.
public final class FeatureCache {
  /// What features depend on besides the photo.
  public struct Key: Hashable, Sendable {
    let backbone: ContentHash
    let preprocessing: ContentHash
    /// Floats of the features of one photo.
    public let floatsPerEntry: Int

    /// Nil where no entry can have this size.
    public init?(backbone: ContentHash, preprocessing: ContentHash, floatsPerEntry: Int) {
      guard floatsPerEntry > 0, floatsPerEntry <= 1 << 28 else { return nil }
      self.backbone = backbone
      self.preprocessing = preprocessing
      self.floatsPerEntry = floatsPerEntry
      fileName =
        "\(backbone.hex.prefix(16))-\(preprocessing.hex.prefix(16))-\(floatsPerEntry)"
        + "-v\(FeatureFile.version).features"
    }

    let fileName: String
  }

  /// The size of the whole cache unless somebody says otherwise: 4 GiB.
  public static let defaultLimitBytes = 4 << 30

  /// Things that a person may want to know, such as that the disk is full. Each is said once.
  public private(set) var notes: [String] = []
  /// Entries that were found damaged, and are computed again.
  public private(set) var damagedEntries = 0

  private let path: FilePath
  private let limitBytes: Int
  private var file: FeatureFile?
  private var isFull = false
  /// Entries read or written in this run: the last to be dropped.
  private var used: Set<ContentHash> = []
  /// Bytes of the other files of the directory.
  private var otherBytes = 0

  /// Opens the cache in a directory, which is created where it is missing.
  public convenience init(
    directory: FilePath, key: Key, limitBytes: Int = FeatureCache.defaultLimitBytes
  ) {
    self.init(directory: directory, key: key, limitBytes: limitBytes, write: nil)
  }

  /// For tests that make writing fail.
  package init(
    directory: FilePath, key: Key, limitBytes: Int,
    write: ((FileDescriptor, UnsafeRawBufferPointer, Int64) throws -> Void)?
  ) {
    path = directory.appending(key.fileName)
    self.limitBytes = limitBytes
    do {
      try CacheDirectory.create(directory)
      file =
        try write.map { try FeatureFile(path, key: key, write: $0) }
        ?? FeatureFile(path, key: key)
    } catch {
      note("feature cache off: \(path): \(Self.reason(error))")
      return
    }
    if file?.wasRebuilt == true {
      note("\(path) was damaged or of another version; it is begun anew")
    }
    if let file, file.isWritable, file.byteCount > limitBytes { dropEntries(of: file) }
    otherBytes = CacheDirectory.otherFiles(than: path).reduce(0) { $0 + $1.byteCount }
  }

  /// False where the cache cannot be used; a note says why.
  public var isEnabled: Bool { file != nil }
  /// Entries of this backbone and preprocessing.
  public var count: Int { file?.count ?? 0 }
}

// MARK: - Entries

extension FeatureCache {
  /// Is there an entry for a photo with these bytes? It may still turn out damaged when read.
  public func contains(_ hash: ContentHash) -> Bool { file?.contains(hash) ?? false }

  /// Copies the features of a photo to `memory`, which has room for them; false where there is no
  /// entry that can be believed.
  public func read(_ hash: ContentHash, into memory: UnsafeMutablePointer<Float>) -> Bool {
    guard let file else { return false }
    switch file.read(hash, into: memory) {
    case .absent: return false
    case .found:
      used.insert(hash)
      return true
    case .damaged:
      damagedEntries += 1
      note("\(path) has damaged entries; they are computed again")
      return false
    }
  }

  /// Keeps the features of a photo, where there is room.
  public func append(_ hash: ContentHash, _ features: UnsafePointer<Float>) {
    guard let file, file.isWritable, !file.contains(hash), makeRoom(in: file) else { return }
    do {
      try file.append(hash, features)
      used.insert(hash)
    } catch {
      note("feature cache off: \(path): \(Self.reason(error))")
      self.file = nil
    }
  }
}

// MARK: - Room

extension FeatureCache {
  /// Is there room for one more entry? Drops the files least recently used first, then the entries
  /// of this file that this run did not use.
  private func makeRoom(in file: FeatureFile) -> Bool {
    guard !isFull else { return false }
    if fits(file) { return true }
    for other in CacheDirectory.otherFiles(than: path) where !fits(file) {
      if CacheDirectory.remove(other) { otherBytes -= other.byteCount }
    }
    if fits(file) { return true }
    dropEntries(of: file)
    if fits(file) { return true }
    isFull = true
    note("feature cache full at \(limitBytes >> 20) MB; further photos are not kept")
    return false
  }

  private func fits(_ file: FeatureFile) -> Bool {
    file.byteCount + file.recordBytes + otherBytes <= limitBytes
  }

  private func dropEntries(of file: FeatureFile) {
    do {
      try file.keepOnly(used)
    } catch {
      note("feature cache off: \(path): \(Self.reason(error))")
      self.file = nil
      isFull = true
    }
  }

  private func note(_ text: String) {
    if !notes.contains(text) { notes.append(text) }
  }

  private static func reason(_ error: any Error) -> String {
    (error as? Errno).map { "\($0)" } ?? "\(error)"
  }
}
