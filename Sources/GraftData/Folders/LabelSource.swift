public import SystemPackage

/// Where it is written what photos show.
public enum LabelSource: Hashable, Sendable {
  /// One folder for each class: ``ImageFolder``.
  case folders
  /// A CSV: ``LabelTable``. The delimiter stands between several labels of one photo.
  case table(FilePath, delimiter: String = "|")
  /// The names of the files, by a regular expression with one group in parentheses: the label.
  case fileNames(pattern: String)
}

extension LabelSource {
  /// - Throws: where no photo's name could match the pattern, or nothing could be taken out of it.
  public func validate() throws(DataError) {
    if case .fileNames(let pattern) = self { _ = try NamePattern(pattern) }
  }

  /// Is a file a table of photos, by its ending or by its header, rather than another text?
  public static func isTable(_ path: FilePath) -> Bool {
    if ["csv", "tsv"].contains(path.extension?.lowercased() ?? "") { return true }
    guard let bytes = try? readFile(path, limit: LabelTable.largest),
      let table = try? CSVReader(bytes)
    else { return false }
    return table.header.count > 1
      && table.header.contains { LabelTable.pathNames.contains($0.lowercased()) }
  }
}

/// Files that are photos by their names: where no class folder says so, nothing else does.
enum PhotoEnding {
  static let all: Set<String> = ["png", "jpg", "jpeg"]

  static func isThere(_ path: FilePath) -> Bool {
    path.extension.map { all.contains($0.lowercased()) } ?? false
  }
}

/// A photo with what a table or its name says of it.
struct LabelledPhoto {
  enum Answer: Hashable {
    case label(String)
    case labels(Set<String>)
    case values([Float])
  }

  /// As a ``Sample`` has it.
  var path: FilePath
  var answer: Answer
  /// The side that the table says.
  var side: Split.Side?
  /// Where it says so: `line 7`.
  var place: String
}
