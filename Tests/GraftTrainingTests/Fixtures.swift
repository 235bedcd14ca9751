import SystemPackage
import Testing

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A recorded file in `Tests/Fixtures/training`, line by line, each cut at the blanks.
func fixture(_ name: String, source: String = #filePath) throws -> [[String]] {
  let path = FilePath(source).removingLastComponent().removingLastComponent()
    .appending("Fixtures").appending("training").appending(name)
  return String(decoding: try contents(path), as: UTF8.self)
    .split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
}

func contents(_ path: FilePath) throws -> [UInt8] {
  let descriptor = try FileDescriptor.open(path, .readOnly)
  return try descriptor.closeAfter {
    var bytes: [UInt8] = []
    let size = Int(try descriptor.seek(offset: 0, from: .end))
    try descriptor.seek(offset: 0, from: .start)
    while bytes.count < size {
      let part = try [UInt8](unsafeUninitializedCapacity: size - bytes.count) { buffer, count in
        count = try descriptor.read(into: UnsafeMutableRawBufferPointer(buffer))
      }
      if part.isEmpty { break }
      bytes += part
    }
    return bytes
  }
}

func write(_ bytes: some Sequence<UInt8>, to path: FilePath) throws {
  let descriptor = try FileDescriptor.open(
    path, .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
  _ = try descriptor.closeAfter { try descriptor.writeAll(Array(bytes)) }
}

/// A new empty folder, removed with what is in it when the body is done.
func withTemporaryFolder<R>(_ body: (FilePath) throws -> R) throws -> R {
  var template = Array("/tmp/graft-training-XXXXXX".utf8CString)
  let folder = FilePath(String(cString: try #require(mkdtemp(&template))))
  defer { removeFolder(folder) }
  return try body(folder)
}

/// The names in a folder, sorted.
func list(_ folder: FilePath) -> [String] {
  guard let stream = opendir(folder.string) else { return [] }
  defer { closedir(stream) }
  var names: [String] = []
  while let entry = readdir(stream) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 1) { String(cString: $0) }
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names.sorted()
}

private func removeFolder(_ folder: FilePath) {
  chmod(folder.string, 0o700)
  for name in list(folder) {
    let path = folder.appending(name)
    if unlink(path.string) != 0 { removeFolder(path) }
  }
  rmdir(folder.string)
}
