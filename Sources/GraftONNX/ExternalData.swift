import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The files beside a model that hold its weights, mapped once each.
///
/// A model names them, and anyone may have made the model. So a name is one component, the file is
/// opened in the model's folder without following a link, and it must be a regular file.
final class ExternalData {
  /// Nil for a model that came from memory.
  private let folder: FilePath?
  private var files: [String: MappedFile] = [:]

  init(folder: FilePath?) { self.folder = folder }

  /// `count` bytes of a file from `offset` on.
  func bytes(
    of name: String, offset: Int, count: Int, label: String
  ) throws(ONNXError) -> ONNXBytes {
    let file = try file(name, label)
    let (end, overflow) = offset.addingReportingOverflow(count)
    guard !overflow, end <= file.count else {
      throw ONNXError(
        "\(label): its data file '\(name.escaped())' has \(file.count) bytes, but \(count) from byte "
          + "\(offset) on are wanted; fetch the data file again.")
    }
    return ONNXBytes(base: file.base + offset, count: count, owner: file)
  }

  private func file(_ name: String, _ label: String) throws(ONNXError) -> MappedFile {
    if let known = files[name] { return known }
    let shown = "\(label): its data file '\(name.escaped())'"
    guard let folder else {
      throw ONNXError(
        "\(shown) cannot be found for a model in memory; read the model from its file.")
    }
    guard !name.isEmpty, name != ".", name != "..", name.utf8.count <= 255,
      !name.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") || $0 == 0 })
    else {
      throw ONNXError("\(shown) must be a plain file name; graft looks beside the model only.")
    }
    let directory = folder.withPlatformString { path in
      retrying { open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    }
    guard directory >= 0 else {
      throw ONNXError("\(shown) cannot be opened: \(systemMessage(errno)).", kind: .system)
    }
    defer { close(directory) }
    do {
      let file = try MappedFile(FilePath(name), in: directory, followingLinks: false)
      files[name] = file
      return file
    } catch {
      throw failure(error, shown)
    }
  }

  private func failure(_ failure: MappedFile.Failure, _ shown: String) -> ONNXError {
    switch failure {
    case .isFolder, .notRegular:
      return ONNXError("\(shown) is not a regular file; graft reads weights from files only.")
    case .system(let code):
      switch Errno(rawValue: code) {
      case .noSuchFileOrDirectory:
        return ONNXError(
          "\(shown) is not there; it belongs in the same folder as the model.", kind: .missing)
      case .tooManySymbolicLinkLevels:
        return ONNXError("\(shown) is a symbolic link; put the file itself beside the model.")
      default:
        return ONNXError("\(shown) cannot be opened: \(systemMessage(code)).", kind: .system)
      }
    }
  }
}
