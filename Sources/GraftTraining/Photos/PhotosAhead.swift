import Foundation
package import GraftData

/// Photos prepared by threads that run ahead of the one that reads.
///
/// What was asked for in the last two calls of `ask` is prepared and kept until it is taken; so the
/// memory is that of two batches, also where what was asked for is never read.
package final class PhotosAhead: Sendable {
  /// A photo in an epoch; without one, as it is.
  package struct Ticket: Hashable {
    package var index: Int
    package var epoch: Int?

    package init(index: Int, epoch: Int?) {
      self.index = index
      self.epoch = epoch
    }
  }

  private let desk: Desk
  private let make: @Sendable (Ticket) -> Result<Image, DataError>

  /// - Precondition: at least one thread.
  package init(
    threads: Int, threadName: String = "graft views",
    make: @escaping @Sendable (Ticket) -> Result<Image, DataError>
  ) {
    precondition(threads > 0, "\(threads) threads")
    self.make = make
    desk = Desk()
    desk.start = { [desk] in
      for _ in 0..<threads {
        // The threads hold the desk and what makes photos, not this, so that this can go.
        let thread = Thread {
          Thread.current.name = threadName
          while let ticket = desk.claim() { desk.put(ticket, make(ticket)) }
        }
        thread.start()
      }
    }
  }

  deinit { desk.close() }

  /// Begins to prepare photos.
  package func ask(_ tickets: [Ticket]) { desk.ask(tickets) }

  /// A photo, prepared already or made now.
  package func take(_ ticket: Ticket) -> Result<Image, DataError> {
    desk.take(ticket) ?? make(ticket)
  }
}

/// Where photos are asked for, claimed, put down and taken.
private final class Desk: @unchecked Sendable {
  // @unchecked: every variable is touched only while the condition is locked, but for `start`, which
  // is set before anybody else knows the desk.
  typealias Ticket = PhotosAhead.Ticket

  private let condition = NSCondition()
  /// Starts the threads; nil once they run.
  var start: (() -> Void)?
  /// What was asked for in the last two calls and not taken.
  private var wanted: [Set<Ticket>] = []
  private var waiting: [Ticket] = []
  private var inWork: Set<Ticket> = []
  private var ready: [Ticket: Result<Image, DataError>] = [:]
  private var isClosed = false

  private func locked<R>(_ body: () -> R) -> R {
    condition.lock()
    defer { condition.unlock() }
    return body()
  }

  private func isWanted(_ ticket: Ticket) -> Bool { wanted.contains { $0.contains(ticket) } }

  func ask(_ tickets: [Ticket]) {
    locked {
      wanted = wanted.suffix(1) + [Set(tickets)]
      ready = ready.filter { isWanted($0.key) }
      let kept = waiting.filter(isWanted)
      var known = Set(kept).union(inWork).union(ready.keys)
      waiting = kept + tickets.filter { known.insert($0).inserted }
      start?()
      start = nil
      condition.broadcast()
    }
  }

  /// The next photo to prepare, waited for; nil when there will be none.
  func claim() -> Ticket? {
    locked {
      while !isClosed, waiting.isEmpty { condition.wait() }
      guard !isClosed else { return nil }
      let ticket = waiting.removeFirst()
      inWork.insert(ticket)
      return ticket
    }
  }

  func put(_ ticket: Ticket, _ photo: Result<Image, DataError>) {
    locked {
      inWork.remove(ticket)
      if isWanted(ticket), !isClosed { ready[ticket] = photo }
      condition.broadcast()
    }
  }

  /// A photo that is ready or in work; nil where the caller must make it.
  func take(_ ticket: Ticket) -> Result<Image, DataError>? {
    locked {
      while inWork.contains(ticket), isWanted(ticket) { condition.wait() }
      for call in wanted.indices { wanted[call].remove(ticket) }
      if let photo = ready.removeValue(forKey: ticket) { return photo }
      waiting.removeAll { $0 == ticket }
      return nil
    }
  }

  func close() {
    locked {
      isClosed = true
      start = nil
      (waiting, ready) = ([], [:])
      condition.broadcast()
    }
  }
}
