/// A table as RFC 4180 has it, read strictly: what is not clear is an error that names its line.
///
/// Fields are separated by commas, or by semicolons or tabs where the header has no comma. They may
/// be quoted, and then hold separators, line breaks and doubled quotes. Lines end with LF, CR LF or
/// CR; empty ones are skipped, as is a byte-order mark. Blanks around a field do not count, those in
/// quotes do. The bytes of all fields lie in one array, so that tables may be long.
public struct CSVReader: Sendable {
  /// The names of the columns, as the first line has them.
  public private(set) var header: [String] = []
  /// The fields of all rows one after the other.
  private var content: [UInt8] = []
  /// Where each field ends.
  private var ends: [Int] = []
  /// The line on which each row begins, counted from 1.
  private var lines: [Int] = []

  /// Reads a whole table.
  ///
  /// - Throws: where it is empty, or a line is no row of it. The error does not name the file.
  public init(_ bytes: [UInt8]) throws(DataError) {
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      throw DataError("the table is written in UTF-16; save it as CSV in UTF-8")
    }
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var scanner = CSVScanner(bytes: bytes, position: start)
    scanner.chooseSeparator()
    var fields: [[UInt8]] = []
    while header.isEmpty, try scanner.nextRow({ fields.append($0) }) {
      header = try fields.map { field throws(DataError) in
        guard let name = String(validating: field, as: UTF8.self) else { throw .notUTF8(line: 1) }
        return name
      }
    }
    guard !header.isEmpty else { throw DataError("the table is empty; expected a header and rows") }
    var count = 0
    while true {
      let line = scanner.line
      count = 0
      let isRow = try scanner.nextRow {
        content += $0
        ends.append(content.count)
        count += 1
      }
      guard isRow else { break }
      if count == 0 { continue }
      guard count == header.count else {
        throw DataError(
          "line \(line): \(count) field\(count == 1 ? "" : "s"); the header has \(header.count)")
      }
      lines.append(line)
    }
  }

  /// Rows behind the header.
  public var rowCount: Int { lines.count }

  /// The line on which a row begins, counted from 1.
  public func line(ofRow row: Int) -> Int { lines[row] }

  /// The bytes of a field, without quotes.
  public func bytes(row: Int, column: Int) -> ArraySlice<UInt8> {
    let place = row * header.count + column
    return content[(place == 0 ? 0 : ends[place - 1])..<ends[place]]
  }

  /// The text of a field.
  ///
  /// - Throws: where it is not UTF-8.
  public func text(row: Int, column: Int) throws(DataError) -> String {
    guard let text = String(validating: bytes(row: row, column: column), as: UTF8.self) else {
      throw .notUTF8(line: lines[row])
    }
    return text
  }
}

extension DataError {
  fileprivate static func notUTF8(line: Int) -> DataError {
    DataError("line \(line): the text is not UTF-8; save the table as CSV in UTF-8")
  }
}

// MARK: - Scanning

/// Takes a table apart, row by row.
private struct CSVScanner {
  let bytes: [UInt8]
  var position: Int
  /// The line of `position`, counted from 1.
  var line = 1
  private var separator: UInt8 = 0x2C

  private enum Byte {
    static let (tab, lf, cr, space): (UInt8, UInt8, UInt8, UInt8) = (0x09, 0x0A, 0x0D, 0x20)
    static let (quote, comma, semicolon): (UInt8, UInt8, UInt8) = (0x22, 0x2C, 0x3B)
  }

  init(bytes: [UInt8], position: Int) {
    self.bytes = bytes
    self.position = position
  }

  /// The comma, unless the first line has none but semicolons or tabs.
  mutating func chooseSeparator() {
    var isQuoted = false
    var seen: Set<UInt8> = []
    let first = bytes[position...].drop { $0 == Byte.lf || $0 == Byte.cr }
    for byte in first {
      if byte == Byte.quote { isQuoted.toggle() }
      if isQuoted { continue }
      if byte == Byte.lf || byte == Byte.cr { break }
      seen.insert(byte)
    }
    separator =
      seen.contains(Byte.comma)
      ? Byte.comma
      : seen.contains(Byte.semicolon)
        ? Byte.semicolon : seen.contains(Byte.tab) ? Byte.tab : Byte.comma
  }

  /// Hands out the fields of the next line, none for an empty one.
  ///
  /// - Returns: false at the end of the table.
  mutating func nextRow(_ add: ([UInt8]) -> Void) throws(DataError) -> Bool {
    guard position < bytes.count else { return false }
    var isFirst = true
    while true {
      let (field, isQuoted) = try nextField()
      let isEnd = position >= bytes.count || isLineBreak(bytes[position])
      if isFirst, isEnd, field.isEmpty, !isQuoted {
        skipLineBreak()
        return true
      }
      add(field)
      isFirst = false
      if isEnd {
        skipLineBreak()
        return true
      }
      position += 1  // the separator
    }
  }

  private mutating func nextField() throws(DataError) -> ([UInt8], isQuoted: Bool) {
    skipBlanks()
    if position < bytes.count, bytes[position] == Byte.quote { return (try quotedField(), true) }
    let start = position
    while position < bytes.count, bytes[position] != separator, !isLineBreak(bytes[position]) {
      guard bytes[position] != Byte.quote else {
        throw DataError(
          "line \(line): a quote inside a field that does not begin with one; quote the whole field "
            + "and double the quotes in it")
      }
      position += 1
    }
    var end = position
    while end > start, isBlank(bytes[end - 1]) { end -= 1 }
    return (Array(bytes[start..<end]), false)
  }

  private mutating func quotedField() throws(DataError) -> [UInt8] {
    let start = line
    var field: [UInt8] = []
    position += 1
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == Byte.quote {
        guard position < bytes.count, bytes[position] == Byte.quote else {
          skipBlanks()
          guard
            position >= bytes.count || bytes[position] == separator
              || isLineBreak(bytes[position])
          else { throw DataError("line \(line): text behind the quote that ends a field") }
          return field
        }
        position += 1
      } else if byte == Byte.lf || byte == Byte.cr && bytes[safe: position] != Byte.lf {
        line += 1
      }
      field.append(byte)
    }
    throw DataError("line \(start): a quote that nothing ends")
  }

  private mutating func skipLineBreak() {
    guard position < bytes.count else { return }
    let isPair = bytes[position] == Byte.cr && bytes[safe: position + 1] == Byte.lf
    position += isPair ? 2 : 1
    line += 1
  }

  private mutating func skipBlanks() {
    while position < bytes.count, isBlank(bytes[position]) { position += 1 }
  }

  private func isBlank(_ byte: UInt8) -> Bool {
    byte == Byte.space || byte == Byte.tab && separator != Byte.tab
  }

  private func isLineBreak(_ byte: UInt8) -> Bool { byte == Byte.lf || byte == Byte.cr }
}

extension [UInt8] {
  fileprivate subscript(safe index: Int) -> UInt8? { index < count ? self[index] : nil }
}
