extension StringProtocol {
  /// The text made fit for one line of a message: control characters and the marks that reorder or
  /// break lines are written as `\n`, `\t` or `\u{1b}`, and what is longer than `limit` Unicode
  /// scalars loses its middle.
  ///
  /// Names come from files that anyone may have made; a terminal obeys what stands in them.
  package func escaped(limit: Int = 80) -> String {
    let scalars = unicodeScalars
    var result = ""
    if scalars.count <= limit {
      for scalar in scalars { result += Self.escape(scalar) }
      return result.prefixed(limit: 2 * limit)
    }
    let tail = (limit - 1) / 3
    for scalar in scalars.prefix(limit - 1 - tail) { result += Self.escape(scalar) }
    result += "…"
    for scalar in scalars.suffix(tail) { result += Self.escape(scalar) }
    return result.prefixed(limit: 2 * limit)
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

  /// Escapes lengthen; a name made of them alone must not fill the message.
  private func prefixed(limit: Int) -> String {
    let scalars = unicodeScalars
    guard scalars.count > limit else { return String(self) }
    return String(String.UnicodeScalarView(scalars.prefix(limit - 1))) + "…"
  }
}
