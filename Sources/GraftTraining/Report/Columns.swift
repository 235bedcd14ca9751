/// Rows of text in columns, for a terminal.
package struct Columns {
  package enum Alignment { case left, right }

  private let alignments: [Alignment]
  private var rows: [[String]] = []

  package init(_ alignments: [Alignment]) { self.alignments = alignments }

  /// - Precondition: one cell for each column.
  package mutating func append(_ cells: [String]) {
    precondition(cells.count == alignments.count, "\(cells.count) of \(alignments.count) cells")
    rows.append(cells)
  }

  /// The rows, each column as wide as its widest cell, no blanks at the end.
  package func lines(separator: String = "  ") -> [String] {
    let widths = alignments.indices.map { column in
      rows.map { Self.width($0[column]) }.max() ?? 0
    }
    return rows.map { cells in
      var line = ""
      for (column, cell) in cells.enumerated() {
        let blanks = String(repeating: " ", count: widths[column] - Self.width(cell))
        line += (column > 0 ? separator : "")
        line += alignments[column] == .left ? cell + blanks : blanks + cell
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }

  /// Columns of a terminal that a text takes: two for the wide scripts and emoji, none for marks
  /// that combine, one for the rest.
  static func width(_ text: String) -> Int {
    text.reduce(0) { $0 + width($1) }
  }

  private static func width(_ character: Character) -> Int {
    guard let first = character.unicodeScalars.first else { return 0 }
    let isEmoji =
      first.properties.isEmojiPresentation
      || character.unicodeScalars.contains { $0.value == 0xFE0F }
    return isEmoji || isWide(first.value) ? 2 : 1
  }

  /// Blocks of East Asian Width W and F: Unicode Standard Annex 11.
  private static func isWide(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3,
      0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD:
      true
    default: false
    }
  }

  /// The text cut to so many columns, the cut marked.
  static func cut(_ text: String, to limit: Int) -> String {
    guard width(text) > limit else { return text }
    var (result, taken) = ("", 0)
    for character in text {
      taken += width(character)
      guard taken < limit else { break }
      result.append(character)
    }
    return result + "…"
  }
}

extension String {
  /// The text with control characters, which could move the cursor, written as `\u{1B}`.
  package var printable: String {
    unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator:
        result += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
      default: result.unicodeScalars.append(scalar)
      }
    }
  }
}
