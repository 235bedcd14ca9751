import CGraftKernels
import GraftKernels
import Testing

/// All tests of kernels, one after the other: they force the number of threads, which is the
/// process's. The instruction set is forced for their own thread and runs: tests of other suites go
/// on beside them and compare results bit by bit.
@Suite(.serialized) struct KernelTests {
  /// Every instruction set that this machine has.
  static let paths = Path.allCases.filter { $0.rawValue <= graft_best_path().rawValue }

  /// Runs `body` under an instruction set.
  static func with<R>(_ path: Path, _ body: () throws -> R) rethrows -> R {
    graft_force_path(Int32(path.rawValue))
    defer { graft_force_path(-1) }
    return try body()
  }

  /// The results of `body` with one, two and three threads.
  static func withThreads<R>(_ body: () -> R) -> [R] {
    let before = Parallel.threadCount
    defer { Parallel.threadCount = before }
    return [1, 2, 3].map {
      Parallel.threadCount = $0
      return body()
    }
  }
}

/// An instruction set.
enum Path: UInt32, CaseIterable, Sendable {
  case portable, avx2, avx512
}

/// Numbers in −1...1 that are the same at every run.
func numbers(_ count: Int, seed: UInt64) -> [Float] {
  var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
  return (0..<count).map { _ in
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Float(state >> 40) * 0x1p-23 - 1
  }
}

/// An exact result, and the sum of the sizes of its terms: what rounding is proportional to.
struct Exact {
  var value = 0.0
  var size = 0.0

  mutating func add(_ term: Double) {
    value += term
    size += abs(term)
  }
}

/// The largest error in units of the size of the terms, where that is at least `least`.
func worstError(_ results: [Float], _ exact: [Exact], least: Double = 1e-30) -> Double {
  var worst = 0.0
  for (result, exact) in zip(results, exact) {
    let error = abs(Double(result) - exact.value) / max(exact.size, least)
    worst = max(worst, error.isNaN ? .infinity : error)
  }
  return worst
}
