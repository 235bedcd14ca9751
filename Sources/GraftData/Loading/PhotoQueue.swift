import Foundation

/// Between the threads that prepare photos and the one that takes them, in order and bounded.
final class PhotoQueue: @unchecked Sendable {
  // @unchecked: every variable is touched only while the condition is locked.
  private let condition = NSCondition()
  private let count: Int
  private let lookAhead: Int
  private var claimed = 0
  private var taken = 0
  private var ready: [Int: LoadedPhoto] = [:]
  private var workers: Int
  private var isCancelled = false

  init(count: Int, lookAhead: Int, workers: Int) {
    self.count = count
    self.lookAhead = lookAhead
    self.workers = workers
  }

  private func locked<R>(_ body: () -> R) -> R {
    condition.lock()
    defer { condition.unlock() }
    return body()
  }

  /// The next photo to prepare, waited for while enough are ahead; `nil` when there is none.
  func claim() -> Int? {
    locked {
      while !isCancelled, claimed < count, claimed - taken >= lookAhead { condition.wait() }
      guard !isCancelled, claimed < count else { return nil }
      defer { claimed += 1 }
      return claimed
    }
  }

  func put(_ photo: LoadedPhoto) {
    locked {
      guard !isCancelled else { return }
      ready[photo.index] = photo
      condition.broadcast()
    }
  }

  func take() -> LoadedPhoto? {
    locked {
      while !isCancelled, taken < count, ready[taken] == nil { condition.wait() }
      guard !isCancelled, taken < count else { return nil }
      defer {
        taken += 1
        condition.broadcast()
      }
      return ready.removeValue(forKey: taken)
    }
  }

  func workerEnded() {
    locked {
      workers -= 1
      condition.broadcast()
    }
  }

  func cancel() {
    locked {
      isCancelled = true
      ready = [:]
      condition.broadcast()
      while workers > 0 { condition.wait() }
    }
  }
}
