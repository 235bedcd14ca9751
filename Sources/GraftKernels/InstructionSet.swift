internal import CGraftKernels

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// What the kernels run on, for people who ask.
extension Kernels {
  private static let instructionSets = ["portable", "avx2", "avx512"]

  /// The instruction set in use: `avx512`, `avx2` or `portable`.
  package static var instructionSet: String { instructionSets[Int(graft_current_path().rawValue)] }

  /// What is wrong with `GRAFT_CPU` or `GRAFT_THREADS`, in words; nil where nothing is. A wrong value
  /// counts as none, so whoever talks to a person should ask.
  package static var environmentProblem: String? {
    if let path = getenv("GRAFT_CPU").map({ String(cString: $0) }),
      !instructionSets.contains(path)
    {
      return "GRAFT_CPU is \"\(path)\"; expected portable, avx2 or avx512"
    }
    if let text = getenv("GRAFT_THREADS").map({ String(cString: $0) }), (Int(text) ?? 0) < 1 {
      return "GRAFT_THREADS is \"\(text)\"; expected a number of threads, at least 1"
    }
    return nil
  }
}
