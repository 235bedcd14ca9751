extension StringProtocol {
  /// The text made fit for one line of a message: control characters and the marks that reorder or
  /// break lines are written as `\n`, `\t` or `\u{1b}`, and of what is then longer than `limit`
  /// Unicode scalars the middle is left out.
  ///
  /// Names come from files that anyone may have made; a terminal obeys what stands in them.
  package func escaped(limit: Int = 80) -> String {
    // A piece has one scalar or more: what lies beyond the limit on both sides is never needed.
    let scalars = unicodeScalars
    let head = scalars.prefix(limit + 1).map(Self.escape)
    if head.count <= limit {
      let whole = head.joined()
      if whole.unicodeScalars.count <= limit { return whole }
    }
    let tail = scalars.suffix(limit).map(Self.escape)
    let end = Self.fitting(tail.reversed(), (limit - 1) / 3).reversed().joined()
    return Self.fitting(head, limit - 1 - (limit - 1) / 3).joined() + "…" + end
  }

  /// As many of the first pieces as have at most `limit` scalars together.
  private static func fitting(_ pieces: [String], _ limit: Int) -> [String] {
    var left = limit
    return Array(
      pieces.prefix { piece in
        left -= piece.unicodeScalars.count
        return left >= 0
      })
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    switch scalar.value {
    case 0x09: "\\t"
    case 0x0A: "\\n"
    case 0x0D: "\\r"
    // C0, DEL and C1; line and paragraph separators; bidirectional controls; byte order mark.
    case 0..<0x20, 0x7F..<0xA0, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF:
      "\\u{" + String(scalar.value, radix: 16) + "}"
    default: String(Character(scalar))
    }
  }
}
