import Foundation

/// How much memory this process may take.
enum MachineMemory {
  /// Bytes of memory of the machine, or of the container that graft runs in, whichever is less.
  static var bytes: Int {
    let installed = Int(clamping: ProcessInfo.processInfo.physicalMemory)
    return containerLimit.map { min($0, installed) } ?? installed
  }

  /// The limit of the control group; nil where there is none.
  private static var containerLimit: Int? {
    for path in ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"] {
      guard let text = try? String(contentsOfFile: path, encoding: .utf8),
        let limit = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)), limit > 0
      else { continue }
      return limit
    }
    return nil
  }
}
