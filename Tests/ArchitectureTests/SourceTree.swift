import Foundation

/// The files of this repository, read from where the tests were compiled.
enum SourceTree {
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// A Swift file, with its path from the root of the repository.
  struct File {
    var path: String
    var lines: [Substring]

    /// `Conv` for `Sources/GraftOperators/Operators/Conv.swift`.
    var name: String { URL(filePath: path).deletingPathExtension().lastPathComponent }

    /// `GraftOperators` for `Sources/GraftOperators/Operators/Conv.swift`.
    var target: String { String(path.split(separator: "/")[1]) }

    /// The modules that the file imports.
    var imports: [String] { lines.compactMap(SourceTree.module) }

    /// Every line with its number, comments taken away.
    var code: [(number: Int, text: Substring)] {
      lines.enumerated().compactMap { index, line in
        let text = line.range(of: "//").map { line[..<$0.lowerBound] } ?? line
        return text.isEmpty ? nil : (index + 1, text)
      }
    }
  }

  /// All Swift files below a folder, sorted by path.
  static func swiftFiles(below folder: String) throws -> [File] {
    let base = root.appending(path: folder)
    let names = FileManager.default.enumerator(atPath: base.path(percentEncoded: false))
    let paths = (names?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".swift") }
    return try paths.sorted().map { path in
      let text = try String(contentsOf: base.appending(path: path), encoding: .utf8)
      return File(
        path: "\(folder)/\(path)",
        lines: text.split(separator: "\n", omittingEmptySubsequences: false))
    }
  }

  static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: root.appending(path: path).path(percentEncoded: false))
  }

  /// The module of an import line, such as `Glibc` of `internal import struct Glibc.stat`.
  static func module(of line: Substring) -> String? {
    let words = line.split(separator: " ")
    guard let place = words.firstIndex(of: "import") else { return nil }
    let modifiers = ["public", "package", "internal", "fileprivate", "private"]
    guard words[..<place].allSatisfy({ modifiers.contains(String($0)) || $0.hasPrefix("@") }) else {
      return nil
    }
    let kinds = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var"]
    let named = words[(place + 1)...].first { !kinds.contains(String($0)) }
    return named?.split(separator: ".").first.map(String.init)
  }
}
