import Dispatch
import Foundation
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

  /// The label that a file's name says; nil where the pattern is not in it.
  ///
  /// - Throws: where the search takes seconds: patterns such as `(?:a+)+x` try, for some names, more
  ///   ways than there is time for. The search is then given up, and its thread ends with the process.
  func match(_ path: FilePath) throws(DataError) -> String? {
    guard let name = path.lastComponent?.string else { return nil }
    let search = Search(regex, name)
    Thread { search.run() }.start()
    guard search.done.wait(timeout: .now() + Self.longestSeconds) == .success else {
      throw DataError(
        "the pattern was sought for \(Int(Self.longestSeconds)) s in '\(DisplayName.escaped(name))'; "
          + "write it without one repetition inside another")
    }
    return search.label.map { DisplayName.escaped($0) }
  }

  private static let longestSeconds = 5.0
}

/// One search, on a thread of its own.
private final class Search: @unchecked Sendable {
  // @unchecked: the caller reads the label only after `done` was signalled.
  private let regex: Regex<AnyRegexOutput>
  private let name: String
  private(set) var label: String?
  let done = DispatchSemaphore(value: 0)

  init(_ regex: Regex<AnyRegexOutput>, _ name: String) {
    self.regex = regex
    self.name = name
  }

  func run() {
    if let match = try? regex.firstMatch(in: name), match.output.count == 2,
      let found = match.output[1].substring, !found.isEmpty
    {
      label = String(found)
    }
    done.signal()
  }
}
