/// A table as RFC 4180 writes it: fields quoted where they must be, rows ended by CR LF.
///
/// A field that a spreadsheet would take for a formula is guarded by an apostrophe. Paths keep
/// their bytes.
public struct CSVWriter: Sendable {
  /// What has been written so far.
  public private(set) var bytes: [UInt8] = []

  /// A table with a header.
  public init(header: [String]) { append(header) }

  /// A table that is continued.
  public init() {}

  /// Adds a row.
  public mutating func append(_ fields: [String]) { append(fields.map { Array($0.utf8) }) }

  /// Adds a row of bytes, such as a path that is not valid UTF-8.
  public mutating func append(_ fields: [[UInt8]]) {
    for (index, field) in fields.enumerated() {
      if index > 0 { bytes.append(0x2C) }
      append(field)
    }
    bytes += [0x0D, 0x0A]
  }

  private mutating func append(_ field: [UInt8]) {
    // = + - @ tab, CR: a spreadsheet runs what follows. A number is no formula.
    let isFormula = [0x3D, 0x2B, 0x2D, 0x40, 0x09, 0x0D].contains(field.first) && !isNumber(field)
    let needsQuotes = isFormula || field.contains { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }
    guard needsQuotes else {
      bytes += field
      return
    }
    bytes.append(0x22)
    if isFormula { bytes.append(0x27) }
    for byte in field {
      if byte == 0x22 { bytes.append(0x22) }
      bytes.append(byte)
    }
    bytes.append(0x22)
  }

  private func isNumber(_ field: [UInt8]) -> Bool {
    field.count < 32 && Double(String(decoding: field, as: UTF8.self)) != nil
  }
}
