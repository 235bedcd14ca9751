package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension FilePath {
  /// The path from the root of the file system, seen from the present folder, without `.` and `..`.
  package var absolute: FilePath {
    guard !isAbsolute else { return lexicallyNormalized() }
    return FilePath(FileManager.default.currentDirectoryPath).pushing(self).lexicallyNormalized()
  }
}
