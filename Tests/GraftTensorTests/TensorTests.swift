import GraftTensor
import Testing

@Suite struct TensorTests {
  @Test func holdsWhatItWasGiven() {
    #expect(Tensor([2, 2], [1, 2, 3, 4]).elements == [1, 2, 3, 4])
    #expect(Tensor([3]).elements == [0, 0, 0])
    #expect(Tensor([], repeating: 2.5).elements == [2.5])
    #expect(Tensor([0, 3]).elements == [])
  }

  @Test func copiesAreValues() {
    let original = Tensor([2], [1, 2])
    var copy = original
    copy.withUnsafeMutableElements { $0[0] = 9 }
    #expect(original.elements == [1, 2])
    #expect(copy.elements == [9, 2])
  }

  @Test func writesInPlaceWhereNobodyShares() {
    var tensor = Tensor([2], [1, 2])
    let before = tensor.unsafeView.base
    tensor.withUnsafeMutableElements { $0[0] = 9 }
    #expect(tensor.unsafeView.base == before)
  }

  @Test func mutableViewsOfSharedTensorsAreTheirOwn() {
    let original = Tensor([2], [1, 2])
    var copy = original
    let view = copy.unsafeMutableView()
    view.base[1] = 7
    #expect(original.elements == [1, 2])
    #expect(copy.elements == [1, 7])
  }

  @Test func reshapingSharesMemoryAndKeepsOrder() {
    let tensor = Tensor([2, 3], [0, 1, 2, 3, 4, 5])
    let reshaped = tensor.reshaped(to: [3, 2])
    #expect(reshaped.shape == [3, 2])
    #expect(reshaped.elements == [0, 1, 2, 3, 4, 5])
    #expect(reshaped.unsafeView.base == tensor.unsafeView.base)
  }

  @Test func comparesShapeAndElements() {
    #expect(Tensor([2], [1, 2]) == Tensor([2], [1, 2]))
    #expect(Tensor([2], [1, 2]) != Tensor([1, 2], [1, 2]))
    #expect(Tensor([1], [.nan]) != Tensor([1], [.nan]))
  }

  @Test func alignsToACacheLine() {
    for count in [1, 3, 17, 1000] {
      #expect(Int(bitPattern: Tensor([count]).unsafeView.base) % 64 == 0)
    }
  }

  @Test func passesOnErrorsOfWhoFillsIt() {
    struct Failure: Error {}
    #expect(throws: Failure.self) {
      try Tensor(unsafeUninitialized: [3]) { (_) throws(Failure) in throw Failure() }
    }
  }
}

/// Memory of somebody else, which says when it is let go.
private final class Owner: Sendable {
  nonisolated(unsafe) let memory = UnsafeMutablePointer<Float>.allocate(capacity: 3)
  private let onEnd: @Sendable () -> Void

  init(_ onEnd: @escaping @Sendable () -> Void = {}) {
    self.onEnd = onEnd
    for i in 0..<3 { memory[i] = Float(i + 1) }
  }

  deinit {
    memory.deallocate()
    onEnd()
  }
}

@Suite struct BorrowedTensorTests {
  @Test func readsWithoutCopying() {
    let owner = Owner()
    let tensor = Tensor([3], borrowing: owner.memory, owner: owner)
    #expect(tensor.unsafeView.base == UnsafePointer(owner.memory))
    #expect(tensor.elements == [1, 2, 3])
  }

  @Test func neverWritesToIt() {
    let owner = Owner()
    var tensor = Tensor([3], borrowing: owner.memory, owner: owner)
    tensor.withUnsafeMutableElements { $0[0] = 9 }
    #expect(owner.memory[0] == 1)
    #expect(tensor.elements == [9, 2, 3])
    let own = tensor.unsafeView.base
    tensor.withUnsafeMutableElements { $0[1] = 8 }
    #expect(tensor.unsafeView.base == own)
  }

  @Test func keepsItAliveAsLongAsATensorNeedsIt() {
    nonisolated(unsafe) var ended = false
    var tensor: Tensor?
    do {
      let owner = Owner { ended = true }
      tensor = Tensor([3], borrowing: owner.memory, owner: owner).reshaped(to: [1, 3])
    }
    #expect(!ended)
    #expect(tensor?.elements == [1, 2, 3])
    tensor = nil
    #expect(ended)
  }
}

@Suite struct ArenaTests {
  @Test func beginsOnACacheLine() {
    for count in [0, 1, 100] {
      let arena = Arena(count: count)
      #expect(Int(bitPattern: arena.base) % 64 == 0)
      #expect(arena.count == count)
    }
  }

  @Test(arguments: zip([0, 1, 15, 16, 17], [0, 16, 16, 16, 32]))
  func roundsUpToCacheLines(_ count: Int, _ expected: Int) {
    #expect(Arena.aligned(count) == expected)
  }
}
