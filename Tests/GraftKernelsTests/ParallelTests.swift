import CGraftKernels
import Foundation
import GraftKernels
import Synchronization
import Testing

extension KernelTests {
  @Suite struct Pool {
    @Test(arguments: [0, 1, 2, 3, 100, 5000]) func runsEveryTaskOnce(tasks: Int) {
      let counts = KernelTests.withThreads {
        var calls = [Int](repeating: 0, count: tasks)
        calls.withUnsafeMutableBufferPointer { calls in
          Parallel.run(tasks) { calls[$0] += 1 }
        }
        return calls
      }
      for count in counts { #expect(count == [Int](repeating: 1, count: tasks)) }
    }

    @Test func runsOneAfterTheOther() {
      let sums = KernelTests.withThreads {
        let sum = Atomic<Int>(0)
        for _ in 0..<2000 { Parallel.run(7) { sum.add($0, ordering: .relaxed) } }
        return sum.load(ordering: .relaxed)
      }
      #expect(sums == [42000, 42000, 42000])
    }

    @Test func takesRunsWithinTasks() {
      let sums = KernelTests.withThreads {
        let sum = Atomic<Int>(0)
        Parallel.run(10) { _ in Parallel.run(10) { sum.add($0, ordering: .relaxed) } }
        return sum.load(ordering: .relaxed)
      }
      #expect(sums == [450, 450, 450])
    }

    @Test func takesRunsOfSeveralTasks() async {
      let before = Parallel.threadCount
      Parallel.threadCount = 3
      defer { Parallel.threadCount = before }
      await withTaskGroup(of: Int.self) { group in
        for _ in 0..<4 { group.addTask { Self.sumOfManyRuns() } }
        for await sum in group { #expect(sum == 200 * 10) }
      }
    }

    private static func sumOfManyRuns() -> Int {
      let sum = Atomic<Int>(0)
      for _ in 0..<200 { Parallel.run(5) { sum.add($0, ordering: .relaxed) } }
      return sum.load(ordering: .relaxed)
    }

    /// What a test forces is the choice of its own runs: others compute beside it.
    @Test func forcesTheInstructionSetOfItsOwnRunsOnly() {
      let usual = graft_current_path()
      let before = Parallel.threadCount
      Parallel.threadCount = 3
      defer { Parallel.threadCount = before }
      KernelTests.with(.portable) {
        var paths = [graft_path](repeating: GRAFT_PATH_AVX512, count: 64)
        paths.withUnsafeMutableBufferPointer { paths in
          Parallel.run(64) { paths[$0] = graft_current_path() }
        }
        #expect(paths.allSatisfy { $0 == GRAFT_PATH_PORTABLE })
        let other = Atomic<UInt32>(99)
        let done = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
          other.store(graft_current_path().rawValue, ordering: .relaxed)
          done.signal()
        }
        done.wait()
        #expect(other.load(ordering: .relaxed) == usual.rawValue)
      }
      #expect(graft_current_path() == usual)
      var paths = [graft_path](repeating: GRAFT_PATH_PORTABLE, count: 64)
      paths.withUnsafeMutableBufferPointer { paths in
        Parallel.run(64) { paths[$0] = graft_current_path() }
      }
      #expect(paths.allSatisfy { $0 == usual })
    }

    @Test func coversRanges() {
      var ranges = [Range<Int>](repeating: 0..<0, count: 3)
      ranges.withUnsafeMutableBufferPointer { ranges in
        Parallel.forRanges(of: 10, size: 4) { ranges[$0.lowerBound / 4] = $0 }
      }
      #expect(ranges == [0..<4, 4..<8, 8..<10])
    }
  }
}
