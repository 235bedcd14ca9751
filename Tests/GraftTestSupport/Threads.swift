import GraftKernels
import Synchronization

private let turn = Mutex(())

/// Runs the body with a number of threads, then restores the former number.
///
/// The number belongs to the whole process: two tests that set it wait for each other.
package func withThreads<R: Sendable>(
  _ count: Int, _ body: () throws(CheckFailure) -> R
) throws(CheckFailure) -> R {
  try turn.withLock { (_) throws(CheckFailure) -> R in
    let former = Parallel.threadCount
    Parallel.threadCount = count
    defer { Parallel.threadCount = former }
    return try body()
  }
}
