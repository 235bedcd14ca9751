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
/// Kernels cut their work by its shape alone, never by the number of threads, and every element of
/// a result is computed by one task in a fixed order: results do not depend on ``threadCount``.
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

/// Threads that wait for the next run: a moment actively, because operators follow one another
/// within microseconds, then asleep.
///
/// Each thread begins with its own part of the tasks, those in the same place of every run: rows
/// that an operator wrote are then read on the same core by the next. When it is through it helps
/// the others.
private final class ThreadPool: @unchecked Sendable {
  // @unchecked: everything shared is atomic or guarded by `mutex`.
  typealias Body = (Int) -> Void

  let threadCount: Atomic<Int>
  /// Is a run under way?
  private let isBusy = Atomic<Bool>(false)

  /// Counts the runs.
  private let generation = Atomic<UInt64>(0)
  /// The next task of each thread's part.
  private let claims = UnsafeMutablePointer<Claim>.allocate(capacity: mostThreads)
  private let taskCount = Atomic<Int>(0)
  private let partCount = Atomic<Int>(0)
  private let body = Atomic<UInt>(0)
  /// The instruction set that the caller was told to use.
  private let path = Atomic<Int32>(-1)
  private let finished = Atomic<Int>(0)

  private let sleepers = Atomic<Int>(0)
  private let callerSleeps = Atomic<Bool>(false)
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let workArrived = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let workFinished = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  /// Guarded by `isBusy`.
  private var workers = 0

  static let mostThreads = 1024
  private static let closed: UInt64 = 0xFFFF_FFFF
  /// Pauses before sleeping: about 200 microseconds, what waking a thread may take.
  private static let spins = 6000

  init() {
    threadCount = Atomic(Self.defaultThreadCount)
    for index in 0..<Self.mostThreads { (claims + index).initialize(to: Claim()) }
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(workArrived, nil)
    pthread_cond_init(workFinished, nil)
  }

  private static var defaultThreadCount: Int {
    if let text = getenv("GRAFT_THREADS"), let count = Int(String(cString: text)), count > 0 {
      return min(count, mostThreads)
    }
    return max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
  }

  /// Looks before it writes: runs within tasks would take the line from one another.
  func enter() -> Bool {
    !isBusy.load(ordering: .relaxed) && !isBusy.exchange(true, ordering: .acquiringAndReleasing)
  }
  func leave() { isBusy.store(false, ordering: .releasing) }
}

/// The next task of one thread's part, `generation << 32 | task`; between runs the task is closed.
/// On cache lines of its own: threads that look at each other's claims wait for one another.
private struct Claim: ~Copyable {
  let next = Atomic<UInt64>(0xFFFF_FFFF)
  private let padding: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (
    0, 0, 0, 0, 0, 0, 0
  )
  private let more: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (
    0, 0, 0, 0, 0, 0, 0, 0
  )
}

// MARK: - The calling thread

extension ThreadPool {
  /// - Precondition: entered; `body` stays valid until this returns.
  func run(_ tasks: Int, _ body: UnsafePointer<Body>) {
    precondition(tasks < Int(Self.closed), "\(tasks) tasks")
    startWorkers()
    let generation = (generation.load(ordering: .relaxed) &+ 1) & 0xFFFF_FFFF
    let parts = min(workers + 1, threadCount.load(ordering: .relaxed))
    self.body.store(UInt(bitPattern: body), ordering: .relaxed)
    path.store(graft_forced_path(), ordering: .relaxed)
    taskCount.store(tasks, ordering: .relaxed)
    partCount.store(parts, ordering: .relaxed)
    finished.store(0, ordering: .relaxed)
    for part in 0..<parts {
      let first = UInt64(Self.first(of: part, parts, tasks))
      claims[part].next.store(generation << 32 | first, ordering: .sequentiallyConsistent)
    }
    self.generation.store(generation, ordering: .sequentiallyConsistent)
    if sleepers.load(ordering: .sequentiallyConsistent) > 0 { wakeWorkers() }

    if work(on: generation, beginningWith: 0) < tasks { waitForOthers(tasks) }
    // From here on no worker can claim a task of this run, so the next may overwrite its fields.
    for part in 0..<parts {
      claims[part].next.store(
        generation << 32 | Self.closed, ordering: .sequentiallyConsistent)
    }
  }

  /// The first task of a part; that of the part behind the last is the number of tasks.
  private static func first(of part: Int, _ parts: Int, _ tasks: Int) -> Int {
    tasks * part / parts
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
  /// Claims and runs tasks of this run until none is left, or the run is over: those of its own
  /// part, then those of the others.
  ///
  /// - Returns: how many tasks of the run are finished.
  @discardableResult
  func work(on generation: UInt64, beginningWith own: Int) -> Int {
    var done = 0
    var offset = 0
    var parts = 1
    while offset < parts {
      // Read before claiming: if the claim succeeds the run was not over, so these were its own.
      parts = partCount.load(ordering: .relaxed)
      done += work(on: generation, part: (own + offset) % max(parts, 1))
      offset += 1
    }
    guard done > 0 else { return finished.load(ordering: .acquiring) }
    let all = finished.add(done, ordering: .sequentiallyConsistent).newValue
    if all == taskCount.load(ordering: .relaxed) { wakeCaller() }
    return all
  }

  private func work(on generation: UInt64, part: Int) -> Int {
    var done = 0
    var seen = claims[part].next.load(ordering: .acquiring)
    while seen >> 32 == generation {
      let (tasks, parts) = (
        taskCount.load(ordering: .relaxed), partCount.load(ordering: .relaxed)
      )
      let body = body.load(ordering: .relaxed)
      let path = path.load(ordering: .relaxed)
      let task = Int(seen & 0xFFFF_FFFF)
      guard part < parts, task < Self.first(of: part + 1, parts, tasks) else { return done }
      let (claimed, current) = claims[part].next.compareExchange(
        expected: seen, desired: seen + 1, ordering: .acquiringAndReleasing)
      guard claimed else {
        seen = current
        continue
      }
      graft_force_path(path)
      Self.perform(task, body)
      done += 1
      seen = claims[part].next.load(ordering: .acquiring)
    }
    return done
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
      if index < threadCount.load(ordering: .relaxed) - 1 {
        work(on: served, beginningWith: index + 1)
      }
    }
  }

  private func nextGeneration(after served: UInt64) -> UInt64 {
    for _ in 0..<Self.spins {
      let generation = generation.load(ordering: .acquiring)
      if generation != served { return generation }
      graft_pause()
    }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    sleepers.add(1, ordering: .sequentiallyConsistent)
    defer { sleepers.subtract(1, ordering: .relaxed) }
    while true {
      let generation = generation.load(ordering: .sequentiallyConsistent)
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
