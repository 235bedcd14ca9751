public import SystemPackage

/// Photos sorted into one folder per class, perhaps below `train`, `val` and `test`.
///
///     my-photos/cat/…            my-photos/train/cat/…   my-photos/val/cat/…
///     my-photos/dog/…            my-photos/train/dog/…   my-photos/val/dog/…
///
/// Only names are listed: every regular file below a class folder is a candidate, whatever its
/// name, and is opened when it is its turn. Hidden files and folders are left out.
///
/// What photos show may also be said by a table or by their names: ``init(_:labels:task:)``.
public struct ImageFolder: Sendable {
  /// The folder as it was given.
  public let path: FilePath
  /// What there is to learn.
  public let task: LearningTask
  /// Names for people, in natural order; the index is the label. Of numbers, their names.
  public let classes: [String]
  /// The photos to learn from, or all where the folder has no `train`.
  public let samples: [Sample]
  /// The photos of `val` (or `valid`, `validation`), where the folder has it.
  public let validation: [Sample]?
  /// The photos of `test`, where the folder has it.
  public let test: [Sample]?
  /// Hidden files and folders, left out.
  public let hiddenCount: Int
  /// Files directly in the folder, beside the class folders, left out.
  public let strayCount: Int
  /// Pipes, sockets, devices and links that lead nowhere, left out.
  public let others: [FilePath]
  /// Photos of which the table says nothing, left out.
  public let unlisted: [FilePath]

  /// All photos: those to learn from, then validation, then test.
  public var allSamples: [Sample] { samples + (validation ?? []) + (test ?? []) }

  /// Lists a folder.
  public init(_ path: FilePath) throws(DataError) {
    let root = try FolderListing.flat(path)
    let parts = try Parts(root.folders)
    let train = try ClassFolders(parts?.train ?? path)
    guard !train.names.isEmpty else {
      throw Self.noClassFolders(path, files: root.listing.files)
    }
    guard train.names.count > 1 else {
      let name = DisplayName.escaped(train.names[0])
      throw DataError(
        "only one class folder in '\(train.path.displayName)': '\(name)'; telling classes apart "
          + "needs two or more")
    }
    let validation = try parts?.validation.map { part throws(DataError) in
      try ClassFolders(part).matched(to: train, "validation")
    }
    let test = try parts?.test.map { part throws(DataError) in
      try ClassFolders(part).matched(to: train, "test")
    }
    let all = [train, validation, test].compactMap { $0 }
    self.path = path
    task = .classification
    unlisted = []
    classes = train.names.map { DisplayName.escaped($0) }
    samples = try train.samples(mayBeEmpty: false)
    self.validation = try validation?.samples(mayBeEmpty: true)
    self.test = try test?.samples(mayBeEmpty: true)
    hiddenCount = all.reduce(parts == nil ? 0 : root.listing.hiddenCount) { $0 + $1.hiddenCount }
    strayCount =
      all.reduce(parts == nil ? 0 : root.listing.files.count) { $0 + $1.strayCount }
    others = all.flatMap(\.others)
  }

  /// What was found by other means than class folders.
  init(
    _ path: FilePath, task: LearningTask, classes: [String], samples: [Sample],
    validation: [Sample]?, test: [Sample]?, hiddenCount: Int = 0, strayCount: Int = 0,
    others: [FilePath] = [], unlisted: [FilePath] = []
  ) {
    self.path = path
    self.task = task
    self.classes = classes
    self.samples = samples
    self.validation = validation
    self.test = test
    self.hiddenCount = hiddenCount
    self.strayCount = strayCount
    self.others = others
    self.unlisted = unlisted
  }

  private static func noClassFolders(_ path: FilePath, files: [FilePath]) -> DataError {
    let name = path.displayName
    let found =
      files.isEmpty
      ? "it is empty; graft expects one folder per class:"
      : "found \(describe(files)) directly inside; graft expects one folder per class:"
    return DataError(
      "no class folders in '\(name)'",
      hints: [found, "  \(name)/cat/…  \(name)/dog/…"])
  }

  private static func describe(_ files: [FilePath]) -> String {
    let kinds = Set(
      files.map { file in
        switch file.extension?.lowercased() {
        case "png": "PNG "
        case "jpg", "jpeg": "JPEG "
        default: ""
        }
      })
    let kind = kinds.count == 1 ? kinds.first ?? "" : ""
    return "\(files.count) \(kind)file\(files.count == 1 ? "" : "s")"
  }
}

// MARK: - Parts

/// The folders of a set that is split already.
private struct Parts {
  var train: FilePath
  var validation: FilePath?
  var test: FilePath?

  /// `nil` where there is no `train` that itself has folders.
  init?(_ folders: [FilePath]) throws(DataError) {
    func folder(_ names: String...) -> FilePath? {
      folders.first { names.contains($0.lastComponent?.string.lowercased() ?? "") }
    }
    guard let train = folder("train"), try !FolderListing.flat(train).folders.isEmpty else {
      return nil
    }
    self.train = train
    validation = folder("val", "valid", "validation")
    test = folder("test")
  }
}

// MARK: - Classes

/// The class folders of a set, or of one part of it, with their files.
private struct ClassFolders {
  let path: FilePath
  /// Bytes, because two names may look the same to a person.
  var names: [[UInt8]]
  var folders: [FilePath]
  var files: [[FilePath]]
  var hiddenCount: Int
  var strayCount: Int
  var others: [FilePath]

  init(_ path: FilePath) throws(DataError) {
    let (listing, folders) = try FolderListing.flat(path)
    self.path = path
    self.folders = folders
    names = folders.map { $0.lastComponent.map { FilePath(root: nil, [$0]).bytes } ?? [] }
    files = []
    hiddenCount = listing.hiddenCount
    strayCount = listing.files.count
    others = listing.others
    for folder in folders {
      let listing = try FolderListing.recursive(folder)
      files.append(listing.files)
      hiddenCount += listing.hiddenCount
      others += listing.others
    }
  }

  /// The same folders in the order of the training classes.
  func matched(to train: ClassFolders, _ part: String) throws(DataError) -> ClassFolders {
    for name in names where !train.names.contains(name) {
      throw strange(name, train, part)
    }
    var copy = self
    copy.names = train.names
    copy.files = train.names.map { name in
      names.firstIndex(of: name).map { files[$0] } ?? []
    }
    copy.folders = train.names.map { path.pushing(FilePath(bytes: $0)) }
    return copy
  }

  /// A class that training lacks; names the training class that is spelt most alike.
  private func strange(_ name: [UInt8], _ train: ClassFolders, _ part: String) -> DataError {
    let shown = DisplayName.escaped(name)
    let known = train.names.map { DisplayName.escaped($0) }
    let near = known.min { editDistance($0, shown) < editDistance($1, shown) }
    var has = known.prefix(5).joined(separator: ", ") + (known.count > 5 ? ", …" : "")
    if let near, editDistance(near, shown) <= max(2, shown.count / 3) { has = "'\(near)'" }
    return DataError(
      "\(part) folder has class '\(shown)' that training lacks (training has \(has)).")
  }

  func samples(mayBeEmpty: Bool) throws(DataError) -> [Sample] {
    let empty = files.indices.filter { files[$0].isEmpty }
    if !mayBeEmpty, let first = empty.first {
      let name = DisplayName.escaped(names[first])
      let more = empty.count > 1 ? " (and \(empty.count - 1) more)" : ""
      throw DataError(
        "class folder '\(name)'\(more) in '\(path.displayName)' is empty; add photos or remove it")
    }
    return files.enumerated().flatMap { label, files in
      files.map { Sample(path: $0, label: label) }
    }
  }
}

/// Insertions, deletions and substitutions that turn one name into the other.
private func editDistance(_ a: String, _ b: String) -> Int {
  let (x, y) = (Array(a.prefix(64)), Array(b.prefix(64)))
  var row = Array(0...y.count)
  for i in x.indices {
    var diagonal = row[0]
    row[0] = i + 1
    for j in y.indices {
      let substituted = diagonal + (x[i] == y[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
    }
  }
  return row[y.count]
}
