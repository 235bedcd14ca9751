package import Foundation

/// Files in `Tests/Fixtures`, found from the place of this source file.
package enum Fixtures {
  package static func url(_ path: String, source: String = #filePath) -> URL {
    URL(filePath: source).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures").appending(path: path)
  }

  /// - Throws: where the file is not there, with its path.
  package static func data(_ path: String) throws -> Data { try Data(contentsOf: url(path)) }
}
