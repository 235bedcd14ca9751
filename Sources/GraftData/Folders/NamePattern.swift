import SystemPackage

/// A regular expression with one group: the label.
struct NamePattern {
  private let regex: Regex<AnyRegexOutput>

  init(_ pattern: String) throws(DataError) {
    do {
      regex = try Regex(pattern)
    } catch {
      throw DataError("'\(DisplayName.escaped(pattern))' is no regular expression: \(error)")
    }
    // The number of groups is part of the type of what it finds.
    let isOne =
      (try? Regex(pattern, as: (Substring, Substring).self)) != nil
      || (try? Regex(pattern, as: (Substring, Substring?).self)) != nil
    guard isOne else {
      throw DataError(
        "'\(DisplayName.escaped(pattern))': expected one group in parentheses, the label; "
          + "(?:…) groups without being one")
    }
  }

  func match(_ path: FilePath) -> String? {
    guard let name = path.lastComponent?.string,
      let match = try? regex.firstMatch(in: name), match.output.count == 2,
      let label = match.output[1].substring, !label.isEmpty
    else { return nil }
    return DisplayName.escaped(String(label))
  }
}
