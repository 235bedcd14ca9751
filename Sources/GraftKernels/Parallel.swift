internal import CGraftKernels
internal import Synchronization

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// The one place where graft runs things side by side.
///
/// Kernels cut their work by its shape alone, never by the number of threads, and every element of a
/// result is computed by one task in a fixed order: results do not depend on ``threadCount``.
package enum Parallel {
  private static let pool = ThreadPool()

  /// Threads that take part in a run, the calling one included.
  ///
  /// `GRAFT_THREADS` where the environment has it, else the number of processors.
  package static var threadCount: Int {
    get { pool.threadCount.load(ordering: .relaxed) }
    set { pool.threadCount.store(max(1, min(newValue, 1024)), ordering: .relaxed) }
  }

  /// Calls `body` once for each of `0..<tasks` and returns when all calls have. The calling thread
  /// takes part.
  ///
  /// Within a task, or while another thread's run is under way, the tasks simply run in order.
  package static func run(_ tasks: Int, _ body: (Int) -> Void) {
    guard tasks > 1, threadCount > 1, pool.enter() else {
      for task in 0..<max(tasks, 0) { body(task) }
      return
    }
    defer { pool.leave() }
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: body) { pool.run(tasks, $0) }
    }
  }

  /// Calls `body` for consecutive ranges that cover `0..<count`, each `size` long but the last.
  package static func forRanges(
    of count: Int, size: Int, _ body: (Range<Int>) -> Void
  ) {
    let size = max(size, 1)
    run((count + size - 1) / size) { task in
      body(task * size..<min(count, (task + 1) * size))
    }
  }
}

/// Threads that wait for the next run: a moment actively, because operators follow one another within
/// microseconds, then asleep.
private final class ThreadPool: @unchecked Sendable {
  // @unchecked: everything shared is atomic or guarded by `mutex`.
  typealias Body = (Int) -> Void

  let threadCount: Atomic<Int>
  /// Is a run under way?
  private let isBusy = Atomic<Bool>(false)

  /// The run and its next task: `generation << 32 | task`. Between runs the task is `closed`.
  private let claim = Atomic<UInt64>(closed)
  private let taskCount = Atomic<Int>(0)
  private let body = Atomic<UInt>(0)
  private let finished = Atomic<Int>(0)

  private let sleepers = Atomic<Int>(0)
  private let callerSleeps = Atomic<Bool>(false)
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let workArrived = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let workFinished = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  /// Guarded by `isBusy`.
  private var workers = 0

  private static let closed: UInt64 = 0xFFFF_FFFF
  /// Pauses before sleeping: about 50 microseconds.
  private static let spins = 1500

  init() {
    threadCount = Atomic(Self.defaultThreadCount)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(workArrived, nil)
    pthread_cond_init(workFinished, nil)
  }

  private static var defaultThreadCount: Int {
    if let text = getenv("GRAFT_THREADS"), let count = Int(String(cString: text)), count > 0 {
      return min(count, 1024)
    }
    return max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
  }

  func enter() -> Bool { !isBusy.exchange(true, ordering: .acquiringAndReleasing) }
  func leave() { isBusy.store(false, ordering: .releasing) }
}

// MARK: - The calling thread

extension ThreadPool {
  /// - Precondition: entered; `body` stays valid until this returns.
  func run(_ tasks: Int, _ body: UnsafePointer<Body>) {
    precondition(tasks < Int(Self.closed), "\(tasks) tasks")
    startWorkers()
    let generation = (claim.load(ordering: .relaxed) >> 32 &+ 1) & 0xFFFF_FFFF
    self.body.store(UInt(bitPattern: body), ordering: .relaxed)
    taskCount.store(tasks, ordering: .relaxed)
    finished.store(0, ordering: .relaxed)
    claim.store(generation << 32, ordering: .sequentiallyConsistent)
    if sleepers.load(ordering: .sequentiallyConsistent) > 0 { wakeWorkers() }

    work(on: generation)
    waitForOthers(tasks)
    // From here on no worker can claim a task of this run, so the next may overwrite its fields.
    _ = claim.exchange(generation << 32 | Self.closed, ordering: .sequentiallyConsistent)
  }

  private func startWorkers() {
    while workers < threadCount.load(ordering: .relaxed) - 1 {
      guard ThreadPool.start(Worker(pool: self, index: workers)) else { return }
      workers += 1
    }
  }

  private func wakeWorkers() {
    pthread_mutex_lock(mutex)
    pthread_cond_broadcast(workArrived)
    pthread_mutex_unlock(mutex)
  }

  private func waitForOthers(_ tasks: Int) {
    for _ in 0..<Self.spins {
      if finished.load(ordering: .acquiring) == tasks { return }
      graft_pause()
    }
    pthread_mutex_lock(mutex)
    callerSleeps.store(true, ordering: .sequentiallyConsistent)
    while finished.load(ordering: .sequentiallyConsistent) != tasks {
      pthread_cond_wait(workFinished, mutex)
    }
    callerSleeps.store(false, ordering: .relaxed)
    pthread_mutex_unlock(mutex)
  }
}

// MARK: - All threads

extension ThreadPool {
  /// Claims and runs tasks of this run until none is left, or the run is over.
  func work(on generation: UInt64) {
    var seen = claim.load(ordering: .acquiring)
    while seen >> 32 == generation {
      // Read before claiming: if the claim succeeds the run was not over, so these were its own.
      let tasks = taskCount.load(ordering: .relaxed)
      let body = body.load(ordering: .relaxed)
      let task = Int(seen & 0xFFFF_FFFF)
      guard task < tasks else { return }
      let (claimed, current) = claim.compareExchange(
        expected: seen, desired: seen + 1, ordering: .acquiringAndReleasing)
      guard claimed else {
        seen = current
        continue
      }
      Self.perform(task, body)
      if finished.add(1, ordering: .sequentiallyConsistent).newValue == tasks { wakeCaller() }
      seen = claim.load(ordering: .acquiring)
    }
  }

  /// Apart, so that its hold on the closure ends before the task is reported as finished.
  @inline(never)
  private static func perform(_ task: Int, _ body: UInt) {
    guard let pointer = UnsafePointer<Body>(bitPattern: body) else { return }
    pointer.pointee(task)
  }

  private func wakeCaller() {
    guard callerSleeps.load(ordering: .sequentiallyConsistent) else { return }
    pthread_mutex_lock(mutex)
    pthread_cond_signal(workFinished)
    pthread_mutex_unlock(mutex)
  }
}

// MARK: - Workers

/// What a worker thread starts with.
private final class Worker {
  let pool: ThreadPool
  let index: Int

  init(pool: ThreadPool, index: Int) {
    self.pool = pool
    self.index = index
  }
}

extension ThreadPool {
  /// The life of a worker.
  func serve(index: Int) -> Never {
    var served: UInt64 = 0
    while true {
      served = nextGeneration(after: served)
      if index < threadCount.load(ordering: .relaxed) - 1 { work(on: served) }
    }
  }

  private func nextGeneration(after served: UInt64) -> UInt64 {
    for _ in 0..<Self.spins {
      let generation = claim.load(ordering: .acquiring) >> 32
      if generation != served { return generation }
      graft_pause()
    }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    sleepers.add(1, ordering: .sequentiallyConsistent)
    defer { sleepers.subtract(1, ordering: .relaxed) }
    while true {
      let generation = claim.load(ordering: .sequentiallyConsistent) >> 32
      if generation != served { return generation }
      pthread_cond_wait(workArrived, mutex)
    }
  }

  /// Starts a detached thread; false where the system has none left, which costs only speed.
  static func start(_ worker: Worker) -> Bool {
    let argument = Unmanaged.passRetained(worker)
    #if canImport(Darwin)
      var thread: pthread_t?
      let failure = pthread_create(&thread, nil, { graftServe($0) }, argument.toOpaque())
    #else
      var thread = pthread_t()
      let failure = pthread_create(&thread, nil, { graftServe($0!) }, argument.toOpaque())
    #endif
    guard failure == 0 else {
      argument.release()
      return false
    }
    #if canImport(Darwin)
      if let thread { pthread_detach(thread) }
    #else
      pthread_detach(thread)
    #endif
    return true
  }
}

private func graftServe(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
  let worker = Unmanaged<Worker>.fromOpaque(argument).takeRetainedValue()
  worker.pool.serve(index: worker.index)
}
