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

  /// Floating point operations a second that all threads together reach in registers, in units of
  /// 10⁹: the most that any kernel can. Measures for about a fifth of a second.
  package static func measuredPeak() -> Double {
    let threads = Parallel.threadCount
    let rounds = 2_000_000
    var best = 0.0
    for _ in 0..<5 {
      var operations = [Int](repeating: 0, count: threads)
      let elapsed = operations.withUnsafeMutableBufferPointer { operations in
        nonisolated(unsafe) let counts = operations
        return ContinuousClock().measure {
          Parallel.run(threads) { task in
            var result: Float = 0
            counts[task] = graft_multiply_add(rounds, &result)
            precondition(result.isFinite, "chains of multiply-adds stay small")
          }
        }
      }
      best = max(best, Double(operations.reduce(0, +)) / (elapsed / .seconds(1)) / 1e9)
    }
    return best
  }

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
