import CGraftModels
import Foundation

/// The files of the folder `models/`, compiled into the library.
enum EmbeddedFiles {
  /// The bytes of a file by its path below `models/`; nil where there is none.
  static func bytes(_ name: String) -> Data? {
    all.first { $0.name == name }.map { Data(bytes: $0.bytes, count: $0.count) }
  }

  /// Names of the embedded files.
  static var names: [String] { all.map(\.name) }

  private struct File {
    let name: String
    let bytes: UnsafePointer<UInt8>
    let count: Int
  }

  private static var all: [File] {
    (0..<graft_embedded_file_count).compactMap { index in
      graft_embedded_file_at(index).map { file in
        File(
          name: String(cString: file.pointee.name), bytes: file.pointee.bytes,
          count: file.pointee.count)
      }
    }
  }
}
