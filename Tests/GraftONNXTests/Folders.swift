import Foundation
import SystemPackage

/// A folder that lives as long as the call.
func withFolder<R>(_ body: (FilePath) throws -> R) throws -> R {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
    "graft-onnx-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(FilePath(folder.path))
}

func put(_ bytes: [UInt8], at path: FilePath) throws {
  try Data(bytes).write(to: URL(fileURLWithPath: path.string))
}

func contents(of path: FilePath) throws -> [UInt8] {
  Array(try Data(contentsOf: URL(fileURLWithPath: path.string)))
}

func names(in folder: FilePath) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: folder.string).sorted()
}

/// A file of `Tests/Fixtures/onnx`.
func fixture(_ name: String) -> FilePath {
  FilePath(#filePath).removingLastComponent().removingLastComponent()
    .appending("Fixtures").appending("onnx").appending(name)
}
