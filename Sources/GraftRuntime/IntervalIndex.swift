/// Intervals of integers, each with a number, and the question which of them overlap a given one.
///
/// A segment tree: an interval is kept at the few tree nodes that together cover it, so that adding
/// takes the logarithm of the range, and asking that plus the size of the answer.
struct IntervalIndex {
  private let leaves: Int
  /// What is kept at each node of the tree; the root is 1, the children of i are 2i and 2i + 1.
  private var kept: [[Int]]
  /// Is anything kept at the node or below it?
  private var isOccupied: [Bool]

  /// An empty index for intervals within `0..<range`.
  init(range: Int) {
    var leaves = 1
    while leaves < range { leaves *= 2 }
    self.leaves = leaves
    kept = Array(repeating: [], count: 2 * leaves)
    isOccupied = Array(repeating: false, count: 2 * leaves)
  }

  mutating func insert(_ number: Int, _ interval: ClosedRange<Int>) {
    for node in cover(interval) {
      kept[node].append(number)
      var above = node
      while above > 0, !isOccupied[above] {
        isOccupied[above] = true
        above /= 2
      }
    }
  }

  /// The numbers of all intervals that share a point with this one, each once.
  func overlapping(_ interval: ClosedRange<Int>) -> Set<Int> {
    var found: Set<Int> = []
    for node in cover(interval) {
      var above = node / 2
      while above > 0 {
        found.formUnion(kept[above])
        above /= 2
      }
      var below = [node]
      while let next = below.popLast() {
        guard isOccupied[next] else { continue }
        found.formUnion(kept[next])
        if next < leaves { below += [2 * next, 2 * next + 1] }
      }
    }
    return found
  }

  /// The fewest nodes of the tree that cover the interval.
  private func cover(_ interval: ClosedRange<Int>) -> [Int] {
    var nodes: [Int] = []
    var low = interval.lowerBound + leaves
    var high = interval.upperBound + leaves + 1
    while low < high {
      if low % 2 == 1 {
        nodes.append(low)
        low += 1
      }
      if high % 2 == 1 {
        high -= 1
        nodes.append(high)
      }
      low /= 2
      high /= 2
    }
    return nodes
  }
}
