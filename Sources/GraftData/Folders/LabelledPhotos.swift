import SystemPackage

/// Photos with what a table or their names say of them, in natural order.
struct LabelledPhotos {
  /// What says it, for messages.
  let origin: String
  private(set) var photos: [LabelledPhoto] = []
  private(set) var hiddenCount = 0
  private(set) var strayCount = 0
  private(set) var others: [FilePath] = []
  private(set) var unlisted: [FilePath] = []

  /// How many of something are named in a message.
  private static let fewest = 5

  /// The photos of a table.
  init(_ folder: FilePath, _ table: LabelTable) throws(DataError) {
    origin = table.path.displayName
    let listing = try FolderListing.recursive(folder)
    let places = Places(folder: folder, table: table.path)
    var rows: [FilePath: (photo: LabelledPhoto, order: NaturalOrder.Key)] = [:]
    var missing: [String] = []
    for row in 0..<table.rowCount {
      let written = try table.photo(row)
      guard let place = places.find(written) else {
        missing.append("\(table.place(row)): \(written.displayName)")
        continue
      }
      let photo = LabelledPhoto(
        path: place.path, answer: try table.answer(row), side: try table.side(row),
        place: table.place(row))
      if let other = rows[place.identity]?.photo {
        guard other.answer == photo.answer, other.side == photo.side else {
          throw table.wrong(
            row,
            "\(written.displayName) is there twice with different entries, first in "
              + other.place)
        }
        continue
      }
      rows[place.identity] = (photo, NaturalOrder.Key(place.order))
    }
    try Self.refuse(
      missing, of: table.rowCount, "photos that it names are not there", in: origin,
      "Paths are relative to '\(folder.displayName)', or to the folder of the table.")
    photos = rows.values.sorted { NaturalOrder.precedes($0.order, $1.order) }.map(\.photo)
    hiddenCount = listing.hiddenCount
    others = listing.others
    unlisted = listing.files.filter { file in
      PhotoEnding.isThere(file) && rows[file.absolute] == nil
    }
  }

  /// The photos below a folder whose names say what they show; below `train`, `val` and `test`, where
  /// the folder has these, they are on that side.
  init(_ folder: FilePath, pattern: String) throws(DataError) {
    origin = folder.displayName
    let label = try NamePattern(pattern)
    let listing = try FolderListing.recursive(folder)
    hiddenCount = listing.hiddenCount
    others = listing.others
    let candidates = listing.files.filter(PhotoEnding.isThere)
    strayCount = listing.files.count - candidates.count
    let parts = candidates.map { Self.part($0, below: folder) }
    let isSplit = parts.contains(.train)
    var unmatched: [String] = []
    for (path, part) in zip(candidates, parts) {
      if isSplit, part == nil {
        strayCount += 1
        continue
      }
      guard let name = try label.match(path) else {
        unmatched.append(path.displayName)
        continue
      }
      photos.append(
        LabelledPhoto(
          path: path, answer: .label(name), side: isSplit ? part : nil, place: path.displayName))
    }
    try Self.refuse(
      unmatched, of: candidates.count, "photos have names that do not match '\(pattern)'",
      in: origin, "The pattern is sought in the name of the file, without its folders.",
      kind: .badData)
  }

  private static func part(_ path: FilePath, below folder: FilePath) -> Split.Side? {
    var path = path
    _ = path.removePrefix(folder)
    guard path.components.count > 1 else { return nil }
    switch path.components.first?.string.lowercased() {
    case "train": return .train
    case "val", "valid", "validation": return .validation
    case "test": return .test
    default: return nil
    }
  }

  private static func refuse(
    _ names: [String], of count: Int, _ finding: String, in origin: String, _ hint: String,
    kind: DataError.Kind = .missing
  ) throws(DataError) {
    guard !names.isEmpty else { return }
    let more = names.count > fewest ? ["and \(names.count - fewest) more"] : []
    throw DataError(
      "\(origin): \(names.count) of \(count) \(finding)", kind: kind,
      hints: Array(names.prefix(fewest)) + more + [hint])
  }
}

/// Finds the photos that a table names.
private struct Places {
  /// The folder of the photos as it was given, and seen from the root.
  private let folder: (given: FilePath, absolute: FilePath)
  private let table: FilePath

  init(folder: FilePath, table: FilePath) {
    self.folder = (folder, folder.absolute)
    self.table = table.absolute.removingLastComponent()
  }

  struct Place {
    /// Below the folder as it was given; from the root where it lies elsewhere.
    var path: FilePath
    var identity: FilePath
    /// What it is sorted by.
    var order: [UInt8]
  }

  /// The regular file that is meant; nil where there is none.
  func find(_ written: FilePath) -> Place? {
    for root in [folder.absolute, table] {
      let identity = root.pushing(written).lexicallyNormalized()
      guard (try? FileStatus(identity))?.kind == .regular else { continue }
      var below = identity
      guard below.removePrefix(folder.absolute) else {
        return Place(path: identity, identity: identity, order: identity.bytes)
      }
      return Place(path: folder.given.pushing(below), identity: identity, order: below.bytes)
    }
    return nil
  }
}
