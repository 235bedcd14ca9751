/// A function of two numbers, applied to two tensors that are broadcast against each other.
package enum BinaryFunction: Hashable, Sendable {
  case add, subtract, multiply, divide
  /// `a` where positive, else `b · a`.
  case prelu
  /// `a + factor · b`
  case addScaled(Float)
}

/// How the elements of two operands lie relative to those of a result that is walked in memory
/// order: extents outermost first, and for each the distance between neighbours; 0 where the operand
/// is repeated.
///
/// Neighbouring axes that can be walked as one have been merged, and axes of extent 1 dropped.
package struct BroadcastWalk: Hashable, Sendable {
  package private(set) var extents: [Int] = []
  package private(set) var strides: [Int] = []
  package private(set) var a: [Int] = []
  package private(set) var b: [Int] = []

  /// All arrays have one entry per axis of the result, in its memory order. The result is dense.
  package init(extents: [Int], a: [Int], b: [Int]) {
    for axis in extents.indices where extents[axis] != 1 {
      if let last = self.extents.indices.last,
        self.a[last] == a[axis] * extents[axis], self.b[last] == b[axis] * extents[axis]
      {
        self.extents[last] *= extents[axis]
        self.a[last] = a[axis]
        self.b[last] = b[axis]
      } else {
        self.extents.append(extents[axis])
        self.a.append(a[axis])
        self.b.append(b[axis])
      }
    }
    if self.extents.isEmpty { (self.extents, self.a, self.b) = ([1], [0], [0]) }
    strides = [Int](repeating: 1, count: self.extents.count)
    for axis in self.extents.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * self.extents[axis + 1]
    }
  }

  fileprivate var inner: Int { extents[extents.count - 1] }
  /// Is nothing repeated, so that all three lie alike?
  fileprivate var isPlain: Bool { extents.count == 1 && a == [1] && b == [1] }
  fileprivate var rows: Int { extents.dropLast().reduce(1, *) }

  /// Offsets of the operands at the beginning of a row: a run along the innermost axis.
  fileprivate func offsets(row: Int) -> (a: Int, b: Int) {
    var (rest, x, y) = (row, 0, 0)
    for axis in stride(from: extents.count - 2, through: 0, by: -1) {
      let index = rest % extents[axis]
      rest /= extents[axis]
      x &+= index &* a[axis]
      y &+= index &* b[axis]
    }
    return (x, y)
  }
}

// MARK: - Forward

extension Kernels {
  /// `y = f(a, b)` element by element; `y` may be `a` where `a` is not repeated.
  package static func broadcast(
    _ function: BinaryFunction, _ walk: BroadcastWalk, _ a: UnsafePointer<Float>,
    _ b: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
  ) {
    if function == .add, walk.isPlain { return sum(a, b, y, count: walk.inner) }
    switch function {
    case .add: broadcast(walk, a, b, y) { $0 + $1 }
    case .subtract: broadcast(walk, a, b, y) { $0 - $1 }
    case .multiply: broadcast(walk, a, b, y) { $0 * $1 }
    case .divide: broadcast(walk, a, b, y) { $0 / $1 }
    case .prelu: broadcast(walk, a, b, y) { $0 < 0 ? $1 * $0 : $0 }
    case .addScaled(let factor): broadcast(walk, a, b, y) { $0 + factor * $1 }
    }
  }

  @inline(__always)
  private static func broadcast(
    _ walk: BroadcastWalk, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
    _ y: UnsafeMutablePointer<Float>, _ function: (Float, Float) -> Float
  ) {
    let (rows, inner) = (walk.rows, walk.inner)
    guard rows > 0, inner > 0 else { return }
    let (strideA, strideB) = (walk.a[walk.a.count - 1], walk.b[walk.b.count - 1])
    if rows == 1 {
      Parallel.forRanges(of: inner, size: elementsPerTask) { range in
        row(
          a + range.lowerBound * strideA, strideA, b + range.lowerBound * strideB, strideB,
          y + range.lowerBound, range.count, function)
      }
      return
    }
    Parallel.forRanges(of: rows, size: max(1, elementsPerTask / inner)) { range in
      for index in range {
        let start = walk.offsets(row: index)
        row(a + start.a, strideA, b + start.b, strideB, y + index * inner, inner, function)
      }
    }
  }

  /// The three cases that matter get loops that vectorise.
  @inline(__always)
  private static func row(
    _ a: UnsafePointer<Float>, _ strideA: Int, _ b: UnsafePointer<Float>, _ strideB: Int,
    _ y: UnsafeMutablePointer<Float>, _ count: Int, _ function: (Float, Float) -> Float
  ) {
    var i = 0
    if strideA == 1, strideB == 1 {
      while i < count {
        y[i] = function(a[i], b[i])
        i &+= 1
      }
    } else if strideA == 1, strideB == 0 {
      let value = b[0]
      while i < count {
        y[i] = function(a[i], value)
        i &+= 1
      }
    } else {
      while i < count {
        y[i] = function(a[i &* strideA], b[i &* strideB])
        i &+= 1
      }
    }
  }
}

// MARK: - Backward

/// The operand by which a gradient is taken.
package enum BroadcastOperand: Sendable { case a, b }

extension Kernels {
  /// Adds to the gradient of one operand, which lies as that operand does: the sum over all places
  /// to which an element was repeated. Sums are in Double, in memory order of the result.
  package static func addBroadcastGradient(
    of function: BinaryFunction, by operand: BroadcastOperand, _ walk: BroadcastWalk,
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
    _ gradient: UnsafeMutablePointer<Float>
  ) {
    let sum = BroadcastSum(walk, operand, a, b, dy, gradient)
    switch (function, operand) {
    case (.add, _), (.subtract, .a), (.addScaled, .a): sum.add { dy, _, _ in dy }
    case (.subtract, .b): sum.add { dy, _, _ in -dy }
    case (.multiply, .a): sum.add { dy, _, b in dy * b }
    case (.multiply, .b): sum.add { dy, a, _ in dy * a }
    case (.divide, .a): sum.add { dy, _, b in dy / b }
    case (.divide, .b): sum.add { dy, a, b in -dy * a / (b * b) }
    case (.prelu, .a): sum.add { dy, a, b in a > 0 ? dy : dy * b }
    case (.prelu, .b): sum.add { dy, a, _ in a > 0 ? 0 : dy * a }
    case (.addScaled(let factor), .b): sum.add { dy, _, _ in factor * dy }
    }
  }
}

/// A sum over the axes along which an operand is repeated: each element of the gradient is computed
/// by one task.
private struct BroadcastSum {
  /// One axis of the walk: its extent, and the strides of result, operands and gradient.
  struct Axis { var extent: Int, y: Int, a: Int, b: Int, gradient: Int }

  let a: UnsafePointer<Float>
  let b: UnsafePointer<Float>
  let dy: UnsafePointer<Float>
  let gradient: UnsafeMutablePointer<Float>
  var kept: [Axis] = []
  var summed: [Axis] = []
  /// The innermost axis, where it is kept: walked in blocks, the sums inside.
  var block = Axis(extent: 1, y: 0, a: 0, b: 0, gradient: 0)
  /// The innermost axis, where it is summed: one run.
  var run = Axis(extent: 1, y: 0, a: 0, b: 0, gradient: 0)

  static let blockSize = 64

  init(
    _ walk: BroadcastWalk, _ operand: BroadcastOperand, _ a: UnsafePointer<Float>,
    _ b: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ gradient: UnsafeMutablePointer<Float>
  ) {
    (self.a, self.b, self.dy, self.gradient) = (a, b, dy, gradient)
    for axis in walk.extents.indices {
      let own = operand == .a ? walk.a[axis] : walk.b[axis]
      let item = Axis(
        extent: walk.extents[axis], y: walk.strides[axis], a: walk.a[axis], b: walk.b[axis],
        gradient: own)
      let isInnermost = axis == walk.extents.count - 1
      switch (own == 0 && item.extent > 1, isInnermost) {
      case (true, true): run = item
      case (true, false): summed.append(item)
      case (false, true): block = item
      case (false, false): kept.append(item)
      }
    }
  }

  private struct Place { var y = 0, a = 0, b = 0, gradient = 0 }

  @inline(__always)
  private func place(_ index: Int, _ axes: [Axis]) -> Place {
    var place = Place()
    var rest = index
    for axis in axes.reversed() {
      let i = rest % axis.extent
      rest /= axis.extent
      place.y &+= i &* axis.y
      place.a &+= i &* axis.a
      place.b &+= i &* axis.b
      place.gradient &+= i &* axis.gradient
    }
    return place
  }

  @inline(__always)
  func add(_ term: (Float, Float, Float) -> Float) {
    let outer = kept.reduce(1) { $0 * $1.extent }
    let sums = summed.reduce(1) { $0 * $1.extent }
    guard outer > 0, sums > 0, block.extent > 0, run.extent > 0 else { return }
    if sums == 1, run.extent == 1 { return addEach(outer, term) }
    let blocks = (block.extent + Self.blockSize - 1) / Self.blockSize
    let perTask = max(1, Kernels.elementsPerTask / (sums * run.extent * min(block.extent, 64)))
    Parallel.forRanges(of: outer * blocks, size: perTask) { range in
      for index in range {
        let base = place(index / blocks, kept)
        let first = index % blocks * Self.blockSize
        let size = min(Self.blockSize, block.extent - first)
        withUnsafeTemporaryAllocation(of: Double.self, capacity: size) { sum in
          sum.initialize(repeating: 0)
          for s in 0..<sums {
            let more = place(s, summed)
            addTerms(
              sum.baseAddress!, size, dy + (base.y &+ more.y &+ first &* block.y),
              a + (base.a &+ more.a &+ first &* block.a),
              b + (base.b &+ more.b &+ first &* block.b), term)
          }
          let out = gradient + (base.gradient + first * block.gradient)
          for i in 0..<size { out[i * block.gradient] += Float(sum[i]) }
        }
      }
    }
  }

  @inline(__always)
  private func addTerms(
    _ sum: UnsafeMutablePointer<Double>, _ size: Int, _ dy: UnsafePointer<Float>,
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
    _ term: (Float, Float, Float) -> Float
  ) {
    if run.extent > 1 {
      var (total, i) = (0.0, 0)
      while i < run.extent {
        total += Double(term(dy[i &* run.y], a[i &* run.a], b[i &* run.b]))
        i &+= 1
      }
      sum[0] += total
      return
    }
    var i = 0
    if block.a == 1, block.b == 1 {
      while i < size {
        sum[i] += Double(term(dy[i], a[i], b[i]))
        i &+= 1
      }
    } else {
      while i < size {
        sum[i] += Double(term(dy[i &* block.y], a[i &* block.a], b[i &* block.b]))
        i &+= 1
      }
    }
  }

  /// Nothing is repeated: one term for each element.
  @inline(__always)
  private func addEach(_ outer: Int, _ term: (Float, Float, Float) -> Float) {
    let count = block.extent
    let rowsPerTask = max(1, Kernels.elementsPerTask / count)
    let pieces = outer == 1 ? (count + Kernels.elementsPerTask - 1) / Kernels.elementsPerTask : 1
    let size = (count + pieces - 1) / pieces
    Parallel.forRanges(of: outer * pieces, size: outer == 1 ? 1 : rowsPerTask) { range in
      for index in range {
        let base = place(index / pieces, kept)
        let first = index % pieces * size
        let end = min(count, first + size)
        let (dy, a, b) = (dy + base.y, a + base.a, b + base.b)
        let out = gradient + base.gradient
        var i = first
        if block.a == 1, block.b == 1, block.gradient == 1 {
          while i < end {
            out[i] += term(dy[i], a[i], b[i])
            i &+= 1
          }
        } else {
          while i < end {
            out[i &* block.gradient] += term(dy[i &* block.y], a[i &* block.a], b[i &* block.b])
            i &+= 1
          }
        }
      }
    }
  }
}
