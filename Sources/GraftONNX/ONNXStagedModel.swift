public import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A model written in full beside its place, not yet under its name.
///
/// Read it back from `path`, then `commit` it; what is not committed is removed when the value goes
/// out of scope.
public struct ONNXStagedModel: ~Copyable {
  /// Where the bytes are now: a hidden file in the folder of the target.
  public let path: FilePath
  /// The name the file is to get.
  public let target: FilePath
  private let calls: FileCalls

  init(path: FilePath, target: FilePath, calls: FileCalls) {
    self.path = path
    self.target = target
    self.calls = calls
  }

  // After a commit by rename there is nothing left to remove.
  deinit { _ = path.withPlatformString { unlink($0) } }

  /// Removes the staged file.
  public consuming func discard() {}

  /// Gives the file its name, at once and durably: a crash leaves the old file or the new one.
  public consuming func commit(replacing: Bool = false) throws(ONNXError) {
    try ONNXWriter.checkTarget(target, replacing: replacing)
    let failed = replacing ? calls.renameFile(path, target) : claim()
    guard failed == 0 else {
      let code = errno
      throw code == EEXIST && !replacing
        ? ONNXWriter.exists(target)
        : ONNXError("cannot be put in place: \(systemMessage(code)).", kind: .system)
          .in(file: target.string)
    }
    try ONNXWriter.syncFolder(of: target, calls)
  }

  /// Takes the name only if nobody else has it: a hard link never replaces. File systems without
  /// hard links get a rename, between which and the look before it another process may slip.
  private func claim() -> CInt {
    if calls.linkFile(path, target) == 0 { return 0 }
    let unsupported = [EPERM, ENOTSUP, ENOSYS, EMLINK].contains(errno)
    return unsupported ? calls.renameFile(path, target) : -1
  }
}
