/// How the elements of a tensor, and the results that they go into, lie: the axes that are kept and
/// those over which is reduced.
package struct ReductionWalk: Hashable, Sendable {
  private struct Axis: Hashable {
    var extent: Int
    var whole: Int
    var result: Int
  }

  private let kept: [Axis]
  private let reduced: [Axis]

  /// One entry for each axis of the tensor, in its memory order; results have distance 0 along the
  /// axes that are reduced.
  package init(extents: [Int], whole: [Int], results: [Int]) {
    let axes = extents.indices.map {
      Axis(extent: extents[$0], whole: whole[$0], result: results[$0])
    }.filter { $0.extent != 1 }
    kept = axes.filter { $0.result != 0 }
    reduced = axes.filter { $0.result == 0 }
  }

  fileprivate var results: Int { kept.reduce(1) { $0 * $1.extent } }
  fileprivate var elements: Int { reduced.reduce(1) { $0 * $1.extent } }

  /// Where a result lies, and the first of its elements.
  fileprivate func result(_ index: Int) -> (place: Int, first: Int) {
    var (rest, place, first) = (index, 0, 0)
    for axis in kept.reversed() {
      let i = rest % axis.extent
      rest /= axis.extent
      place += i * axis.result
      first += i * axis.whole
    }
    return (place, first)
  }

  /// Calls `body` with the place of each element of a result, until it says that it has seen enough.
  @inline(__always)
  fileprivate func forElements(from first: Int, _ body: (Int) -> Bool) {
    let inner = reduced.last ?? Axis(extent: 1, whole: 0, result: 0)
    let outer = reduced.dropLast()
    for run in 0..<outer.reduce(1, { $0 * $1.extent }) {
      var (rest, start) = (run, first)
      for axis in outer.reversed() {
        start += rest % axis.extent * axis.whole
        rest /= axis.extent
      }
      for i in 0..<inner.extent {
        guard body(start + i * inner.whole) else { return }
      }
    }
  }
}

extension Kernels {
  /// `y = max(y, elements of x)`; NaN wins.
  package static func largest(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ walk: ReductionWalk
  ) {
    forResults(walk) { place, first in
      var largest = y[place]
      walk.forElements(from: first) { element in
        if !(x[element] <= largest) { largest = x[element] }
        return !largest.isNaN
      }
      y[place] = largest
    }
  }

  /// `dx += dy` at the first element that is the result.
  package static func addLargestGradient(
    _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
    _ dx: UnsafeMutablePointer<Float>, _ walk: ReductionWalk
  ) {
    forResults(walk) { place, first in
      walk.forElements(from: first) { element in
        guard x[element] == y[place] else { return true }
        dx[element] += dy[place]
        return false
      }
    }
  }

  @inline(__always)
  private static func forResults(
    _ walk: ReductionWalk, _ body: (_ place: Int, _ first: Int) -> Void
  ) {
    Parallel.forRanges(of: walk.results, size: max(1, elementsPerTask / max(1, walk.elements))) {
      range in
      for index in range {
        let (place, first) = walk.result(index)
        body(place, first)
      }
    }
  }
}
