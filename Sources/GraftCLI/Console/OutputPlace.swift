import Foundation
import Graft

/// Where a result is to go, looked at before the work: nobody likes to hear after an hour that the
/// folder is read-only.
struct OutputPlace {
  private let path: FilePath

  init(_ path: String) { self.path = FilePath(path) }

  /// A file that may be written here.
  func checkFile(replaces: Bool) throws(GraftError) {
    if isFolder(path) { throw GraftError("\(name): a folder, not a file", kind: .cannotCreate) }
    if isThere(path), !replaces {
      throw GraftError(
        "\(name): there is such a file already; graft overwrites nothing.", kind: .cannotCreate,
        hints: ["Choose another name, or replace it with --force."])
    }
    let folder = path.removingLastComponent()
    guard folder.isEmpty || isFolder(folder) else {
      throw GraftError(
        "\(name): cannot be created: there is no folder '\(folder.displayText)'",
        kind: .cannotCreate)
    }
    try checkWritable(folder)
  }

  /// A folder that may be made here, with the folders above it.
  func checkFolder(replaces: Bool) throws(GraftError) {
    if isThere(path) {
      guard isFolder(path) else {
        throw GraftError("\(name): a file, not a folder", kind: .cannotCreate)
      }
      guard replaces else {
        throw GraftError(
          "\(name): there is such a folder already; graft overwrites nothing.",
          kind: .cannotCreate, hints: ["Choose another with -o, or replace it with --force."])
      }
    }
    var folder = path
    while !folder.isEmpty, !isThere(folder), folder.removeLastComponent() {}
    guard folder.isEmpty || isFolder(folder) else {
      throw GraftError(
        "\(name): cannot be created: '\(folder.displayText)' is a file", kind: .cannotCreate)
    }
    try checkWritable(folder)
  }

  /// Writes a file here, whole or not at all.
  func write(_ text: String) throws(GraftError) {
    do {
      try replaceFile(path, with: Array(text.utf8))
    } catch {
      throw GraftError(error.in(file: name))
    }
  }

  private var name: String { path.displayText }

  private func checkWritable(_ folder: FilePath) throws(GraftError) {
    let folder: FilePath = folder.isEmpty ? "." : folder
    guard folder.withPlatformString({ access($0, W_OK | X_OK) }) == 0 else {
      throw GraftError(
        "\(name): cannot be created in '\(folder.displayText)': \(String(cString: strerror(errno)))",
        kind: .cannotCreate, hints: ["Choose another place with -o."])
    }
  }

  private func isThere(_ path: FilePath) -> Bool {
    path.withPlatformString { access($0, F_OK) } == 0
  }

  private func isFolder(_ path: FilePath) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path.string, isDirectory: &isFolder)
      && isFolder.boolValue
  }
}
