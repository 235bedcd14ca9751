import Foundation
import GraftData
import GraftTraining
import Synchronization
import Testing

@Suite struct PhotosAheadTests {
  typealias Ticket = PhotosAhead.Ticket

  /// Counts how often each photo is made, each of a level of its own.
  private final class Maker: Sendable {
    let made = Mutex<[Ticket: Int]>([:])
    let delay: UInt32

    init(delay: UInt32 = 0) { self.delay = delay }

    func make(_ ticket: Ticket) -> Result<Image, DataError> {
      made.withLock { $0[ticket, default: 0] += 1 }
      if delay > 0 { usleep(delay) }
      guard ticket.index >= 0 else { return .failure(DataError("\(ticket.index)")) }
      return .success(Self.image(ticket))
    }

    static func image(_ ticket: Ticket) -> Image {
      Image(width: 1, height: 1, pixels: [UInt8(ticket.index), UInt8(ticket.epoch ?? 99), 0])
    }

    var counts: [Int] { made.withLock { $0.values.sorted() } }
  }

  private func tickets(_ indices: Range<Int>, epoch: Int = 1) -> [Ticket] {
    indices.map { Ticket(index: $0, epoch: epoch) }
  }

  @Test(arguments: [(1, 0), (3, 0), (2, 500)]) func makesEachOnce(_ threads: Int, _ delay: UInt32) {
    let maker = Maker(delay: delay)
    let ahead = PhotosAhead(threads: threads) { maker.make($0) }
    for batch in 0..<5 {
      let asked = tickets(batch * 8..<batch * 8 + 8)
      ahead.ask(asked + asked.prefix(2))
      for ticket in asked.reversed() {
        #expect(ahead.take(ticket) == .success(Maker.image(ticket)))
      }
    }
    #expect(maker.counts == Array(repeating: 1, count: 40))
  }

  @Test func worksWhileNobodyWaits() {
    let maker = Maker()
    let ahead = PhotosAhead(threads: 2) { maker.make($0) }
    ahead.ask(tickets(0..<6))
    for _ in 0..<2000 where maker.counts.count < 6 { usleep(1000) }
    #expect(maker.counts == [1, 1, 1, 1, 1, 1])
  }

  /// Photos of two calls are kept; those of the one before are forgotten and made again.
  @Test func keepsTheLastTwoCalls() {
    let maker = Maker()
    let ahead = PhotosAhead(threads: 1) { maker.make($0) }
    for epoch in 1...3 {
      ahead.ask(tickets(0..<4, epoch: epoch))
      for _ in 0..<2000 where maker.counts.count < 4 * epoch { usleep(1000) }
    }
    for epoch in 1...3 {
      for ticket in tickets(0..<4, epoch: epoch) {
        #expect(ahead.take(ticket) == .success(Maker.image(ticket)))
      }
    }
    let made = maker.made.withLock { $0 }
    #expect(tickets(0..<4, epoch: 1).allSatisfy { made[$0] == 2 })
    #expect((2...3).allSatisfy { tickets(0..<4, epoch: $0).allSatisfy { made[$0] == 1 } })
  }

  @Test func failuresComeToo() {
    let maker = Maker()
    let ahead = PhotosAhead(threads: 1) { maker.make($0) }
    let bad = Ticket(index: -3, epoch: nil)
    ahead.ask([bad])
    #expect(ahead.take(bad) == .failure(DataError("-3")))
    #expect(ahead.take(bad) == .failure(DataError("-3")))
  }

  /// The threads hold what makes photos: it goes when the last of them has ended.
  @Test func leavesNoThreadsBehind() {
    weak var watched: Maker?
    for _ in 0..<20 {
      let maker = Maker(delay: 100)
      watched = maker
      let ahead = PhotosAhead(threads: 3) { maker.make($0) }
      ahead.ask(tickets(0..<50))
      _ = ahead.take(Ticket(index: 0, epoch: 1))
      let isHere = watched != nil
      #expect(isHere)
      withExtendedLifetime(ahead) {}
    }
    for _ in 0..<200 where watched != nil { usleep(10_000) }
    let isGone = watched == nil
    #expect(isGone)
  }
}
