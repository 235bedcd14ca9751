import GraftKernels
import GraftTensor

/// A copy of a block of elements from one memory to another in which it lies differently.
///
///     destination[d₀ + Σ iₐ·dₐ] = source[s₀ + Σ iₐ·sₐ]      for all 0 ≤ iₐ < extentₐ
///
/// Transposing, slicing, padding, gathering and changing the layout are all this, and each gradient
/// is the same copy the other way, adding. Axes may be given in any order.
struct StridedCopy {
  /// One axis: how often, and how far apart in elements on either side.
  struct Axis: Hashable {
    var extent: Int
    var source: Int
    var destination: Int
  }

  /// At least two, none of extent 1 but to fill up; the last two are walked in tiles.
  private let axes: [Axis]
  private let sourceOffset: Int
  private let destinationOffset: Int

  /// - Precondition: no two index tuples have the same place in the destination, nor, where the
  ///   reverse is used, in the source.
  init(_ axes: [Axis], sourceOffset: Int = 0, destinationOffset: Int = 0) {
    self.axes = Self.arranged(axes)
    self.sourceOffset = sourceOffset
    self.destinationOffset = destinationOffset
  }

  /// The axes of a shape, with the strides of its elements on either side.
  init(
    _ shape: Shape, source: [Int], destination: [Int], sourceOffset: Int = 0,
    destinationOffset: Int = 0
  ) {
    self.init(
      shape.dimensions.indices.map {
        Axis(extent: shape[$0], source: source[$0], destination: destination[$0])
      },
      sourceOffset: sourceOffset, destinationOffset: destinationOffset)
  }

  /// The same elements the other way round.
  var reversed: StridedCopy {
    StridedCopy(
      axes.map { Axis(extent: $0.extent, source: $0.destination, destination: $0.source) },
      sourceOffset: destinationOffset, destinationOffset: sourceOffset)
  }

  /// Joins axes that are contiguous on both sides; innermost the shortest steps of the destination,
  /// next to it the shortest of the source, so that tiles of these two stay in the cache.
  private static func arranged(_ axes: [Axis]) -> [Axis] {
    var joined: [Axis] = []
    for axis in axes.filter({ $0.extent != 1 })
      .sorted(by: { abs($0.destination) > abs($1.destination) })
    {
      if let outer = joined.last, outer.source == axis.source * axis.extent,
        outer.destination == axis.destination * axis.extent
      {
        joined.removeLast()
        joined.append(
          Axis(
            extent: outer.extent * axis.extent, source: axis.source, destination: axis.destination))
      } else {
        joined.append(axis)
      }
    }
    while joined.count < 2 { joined.insert(Axis(extent: 1, source: 0, destination: 0), at: 0) }
    let inner = joined.removeLast()
    if let next = joined.indices.min(by: { abs(joined[$0].source) < abs(joined[$1].source) }) {
      joined.append(joined.remove(at: next))
    }
    return joined + [inner]
  }
}

// MARK: - The copy

extension StridedCopy {
  func assign<Element: BitwiseCopyable>(
    from source: UnsafePointer<Element>, to destination: UnsafeMutablePointer<Element>
  ) {
    apply(source, destination) {
      $0 = $1
    } run: {
      $0.update(from: $1, count: $2)
    }
  }

  /// Adds what ``assign(from:to:)`` would assign.
  func accumulate(
    from source: UnsafePointer<Float>, to destination: UnsafeMutablePointer<Float>
  ) {
    apply(source, destination) {
      $0 += $1
    } run: {
      Kernels.addRun($1, to: $0, count: $2, begins: false)
    }
  }

  /// Elements of one task: long enough to be worth handing out.
  private static let taskSize = 1 << 16

  @inline(__always)
  private func apply<Element>(
    _ source: UnsafePointer<Element>, _ destination: UnsafeMutablePointer<Element>,
    _ combine: (inout Element, Element) -> Void,
    run: (UnsafeMutablePointer<Element>, UnsafePointer<Element>, _ count: Int) -> Void
  ) {
    let (blockAxes, outer, inner) = (axes.dropLast(2), axes[axes.count - 2], axes[axes.count - 1])
    let blocks = blockAxes.reduce(1) { $0 * $1.extent }
    guard blocks * outer.extent * inner.extent > 0 else { return }
    // Cut by the shape alone: blocks, and long blocks into runs of rows.
    let rows = min(outer.extent, max(Self.tile, Self.taskSize / inner.extent))
    let runs = (outer.extent + rows - 1) / rows
    Parallel.forRanges(of: blocks * runs, size: Self.taskSize / (rows * inner.extent)) { tasks in
      for task in tasks {
        var (rest, row) = task.quotientAndRemainder(dividingBy: runs)
        var (s, d) = (sourceOffset, destinationOffset)
        for axis in blockAxes.reversed() {
          let (quotient, index) = rest.quotientAndRemainder(dividingBy: axis.extent)
          s += index * axis.source
          d += index * axis.destination
          rest = quotient
        }
        row *= rows
        var part = outer
        part.extent = min(rows, outer.extent - row)
        Self.copy(
          source + s + row * outer.source, destination + d + row * outer.destination, part, inner,
          combine, run: run)
      }
    }
  }

  /// Rows and columns of a tile. Steps of a power of two put all rows of a tile into one set of the
  /// first cache, which has 8 to 12 places: NCHW to NHWC of [8, 2048, 7, 7] on one thread took
  /// 2.8 GB/s with 16, 10.6 with 8; shapes without that trouble stay within a tenth.
  private static let tile = 8

  @inline(__always)
  private static func copy<Element>(
    _ source: UnsafePointer<Element>, _ destination: UnsafeMutablePointer<Element>,
    _ outer: Axis, _ inner: Axis, _ combine: (inout Element, Element) -> Void,
    run: (UnsafeMutablePointer<Element>, UnsafePointer<Element>, _ count: Int) -> Void
  ) {
    if inner.source == 1, inner.destination == 1 {
      for i in 0..<outer.extent {
        run(destination + i * outer.destination, source + i * outer.source, inner.extent)
      }
      return
    }
    for top in stride(from: 0, to: outer.extent, by: tile) {
      for left in stride(from: 0, to: inner.extent, by: tile) {
        for j in left..<min(left + tile, inner.extent) {
          let (s, d) = (source + j * inner.source, destination + j * inner.destination)
          for i in top..<min(top + tile, outer.extent) {
            combine(&d[i * outer.destination], s[i * outer.source])
          }
        }
      }
    }
  }
}
