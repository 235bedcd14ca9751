import SystemPackage

/// A CSV that says what photos show.
///
///     path,label           path,labels            path,red,round        path,weight,height
///     a.png,cat            a.png,red|round        a.png,1,1             a.png,3.5,20
///     b.png,dog            b.png,                 b.png,0,0             b.png,4.25,31
///
/// The column of the photo is called `path`, `file`, `filename`, `file_name` or `image`; that of its
/// class `label` or `class`. Several labels are in a column `labels`, `label` or `tags`, or each has a
/// column of 0 and 1. A column `split` says train, val or test. Where the outputs are columns, all
/// others are outputs. Paths are relative to the folder of the photos, or, where no photo is there, to
/// the folder of the table.
struct LabelTable {
  let path: FilePath
  /// Labels or values that the columns are called after; empty where they are in one column.
  private(set) var outputColumns: [Int] = []
  private let reader: CSVReader
  private let task: LearningTask
  private let delimiter: String
  private let pathColumn: Int
  private var answerColumn: Int?
  private let splitColumn: Int?

  static let largest = 1 << 30
  static let pathNames = ["path", "file", "filename", "file_name", "image"]

  init(_ path: FilePath, task: LearningTask, delimiter: String) throws(DataError) {
    self.path = path
    self.task = task
    self.delimiter = delimiter
    let name = path.displayName
    do throws(DataError) {
      reader = try CSVReader(try readFile(path, limit: Self.largest))
      let columns = Columns(reader.header)
      guard let pathColumn = try columns.first(of: Self.pathNames) else {
        throw DataError(
          "no column says which photo is meant; expected one called path, file or filename "
            + "(the header has \(columns.words))")
      }
      self.pathColumn = pathColumn
      splitColumn = try columns.first(of: ["split"])
      try chooseAnswers(columns)
    } catch {
      throw error.in(file: name)
    }
  }

  private mutating func chooseAnswers(_ columns: Columns) throws(DataError) {
    let others = reader.header.indices.filter { $0 != pathColumn && $0 != splitColumn }
    switch task {
    case .classification:
      answerColumn = try columns.first(of: ["label", "class"])
      guard answerColumn == nil else { return }
      throw DataError(
        "no column says the label; expected one called label (the header has \(columns.words))",
        hints: others.isEmpty
          ? [] : ["Several labels for a photo: --multi-label. Numbers: --regression."])
    case .multiLabel:
      answerColumn = try columns.first(of: ["labels", "label", "tags"])
      if answerColumn == nil { outputColumns = others }
    case .regression: outputColumns = others
    }
    guard answerColumn != nil || !outputColumns.isEmpty else {
      throw DataError(
        task == .regression
          ? "no column beside the photo's; expected one or more of numbers"
          : "no column beside the photo's; expected one called labels, or one of 0 and 1 for each")
    }
    let names = outputNames
    if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
      throw DataError("two columns are called '\(twice)'")
    }
    if names.contains("") { throw DataError("a column has no name") }
  }

  /// The names of the columns that are outputs, in their order.
  var outputNames: [String] { outputColumns.map { DisplayName.escaped(reader.header[$0]) } }

  var rowCount: Int { reader.rowCount }

  /// `line 7`
  func place(_ row: Int) -> String { "line \(reader.line(ofRow: row))" }

  /// The path of a row as it is written.
  func photo(_ row: Int) throws(DataError) -> FilePath {
    let bytes = reader.bytes(row: row, column: pathColumn)
    guard !bytes.isEmpty, !bytes.contains(0) else {
      throw wrong(row, bytes.isEmpty ? "no photo is named" : "the path has a zero byte")
    }
    return FilePath(bytes: bytes).lexicallyNormalized()
  }

  /// The side that a row names; nil where the table has no such column.
  func side(_ row: Int) throws(DataError) -> Split.Side? {
    guard let splitColumn else { return nil }
    let text = try text(row, splitColumn)
    switch text.lowercased() {
    case "train", "training": return .train
    case "val", "valid", "validation": return .validation
    case "test": return .test
    default:
      throw wrong(row, "split is '\(DisplayName.escaped(text))'; expected train, val or test")
    }
  }
}

// MARK: - Answers

extension LabelTable {
  func answer(_ row: Int) throws(DataError) -> LabelledPhoto.Answer {
    switch task {
    case .classification:
      guard let answerColumn else { return .label("") }
      let label = try text(row, answerColumn)
      guard !label.isEmpty else { throw wrong(row, "the label is empty") }
      return .label(DisplayName.escaped(label))
    case .multiLabel: return .labels(try labels(row))
    case .regression:
      return .values(
        try outputColumns.map { column throws(DataError) in try number(row, column) })
    }
  }

  private func labels(_ row: Int) throws(DataError) -> Set<String> {
    var found: Set<String> = []
    if let answerColumn {
      for part in try text(row, answerColumn).split(separator: delimiter) {
        let name = DisplayName.escaped(part.trimmed)
        if !name.isEmpty { found.insert(name) }
      }
      return found
    }
    for (column, name) in zip(outputColumns, outputNames) {
      switch try text(row, column).lowercased() {
      case "1", "1.0", "true": found.insert(name)
      case "0", "0.0", "false": break
      case let other:
        throw wrong(
          row, "'\(name)' is '\(DisplayName.escaped(other))'; expected 0 or 1, or a column 'labels'"
        )
      }
    }
    return found
  }

  private func number(_ row: Int, _ column: Int) throws(DataError) -> Float {
    let text = try text(row, column)
    guard let value = Float(text), value.isFinite else {
      let name = DisplayName.escaped(reader.header[column])
      throw wrong(row, "'\(name)' is '\(DisplayName.escaped(text))'; expected a number")
    }
    return value
  }

  private func text(_ row: Int, _ column: Int) throws(DataError) -> String {
    do throws(DataError) {
      return try reader.text(row: row, column: column)
    } catch {
      throw error.in(file: path.displayName)
    }
  }

  func wrong(_ row: Int, _ finding: String) -> DataError {
    DataError("\(path.displayName): \(place(row)): \(finding)")
  }
}

/// Columns by name, whatever the case.
private struct Columns {
  private let header: [String]
  private let folded: [String]

  init(_ header: [String]) {
    self.header = header
    folded = header.map { $0.lowercased() }
  }

  /// The column of the first of these names that there is.
  ///
  /// - Throws: where two columns have that name: either might be meant.
  func first(of names: [String]) throws(DataError) -> Int? {
    for name in names {
      guard let place = folded.firstIndex(of: name) else { continue }
      guard folded.lastIndex(of: name) == place else {
        throw DataError("two columns are called '\(name)'")
      }
      return place
    }
    return nil
  }

  /// `'img', 'kind'`
  var words: String {
    header.prefix(8).map { "'\(DisplayName.escaped($0))'" }.joined(separator: ", ")
      + (header.count > 8 ? ", …" : "")
  }
}

extension Substring {
  fileprivate var trimmed: String {
    var text = self
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
