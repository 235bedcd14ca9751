/// One of several operands that are broadcast against each other.
package struct ExtremeOperand {
  package var base: UnsafePointer<Float>
  /// Distances between neighbours along the axes of the result, in its memory order; 0 where the
  /// operand is repeated.
  package var strides: [Int]
  package var gradient: UnsafeMutablePointer<Float>?

  package init(
    _ base: UnsafePointer<Float>, strides: [Int], gradient: UnsafeMutablePointer<Float>? = nil
  ) {
    self.base = base
    self.strides = strides
    self.gradient = gradient
  }

  /// Where a row along the innermost axis begins.
  fileprivate func offset(row: Int, _ extents: [Int]) -> Int {
    var (rest, offset) = (row, 0)
    for axis in extents.indices.dropLast().reversed() {
      offset += rest % extents[axis] * strides[axis]
      rest /= extents[axis]
    }
    return offset
  }
}

/// The largest or smallest of several tensors, element by element.
extension Kernels {
  /// `y = max(x₀, x₁, …)`, or min. NaN wins.
  ///
  /// - Precondition: at least one axis, at least one operand; y is dense.
  package static func extreme(
    ofLargest isLargest: Bool, _ operands: [ExtremeOperand], extents: [Int],
    _ y: UnsafeMutablePointer<Float>
  ) {
    let (rows, inner) = (extents.dropLast().reduce(1, *), extents[extents.count - 1])
    guard inner > 0 else { return }
    Parallel.forRanges(of: rows, size: max(1, elementsPerTask / inner)) { range in
      for row in range {
        let out = y + row * inner
        for (index, operand) in operands.enumerated() {
          let x = operand.base + operand.offset(row: row, extents)
          let stride = operand.strides[extents.count - 1]
          for i in 0..<inner {
            let value = x[i * stride]
            guard index > 0 else {
              out[i] = value
              continue
            }
            // Written so that NaN replaces a number, and stays.
            let stays = isLargest ? value <= out[i] : value >= out[i]
            if !stays, !out[i].isNaN { out[i] = value }
          }
        }
      }
    }
  }

  /// Adds each dy to the gradient of the first operand that is the result there, if anybody asks.
  package static func addExtremeGradient(
    _ operands: [ExtremeOperand], extents: [Int], _ y: UnsafePointer<Float>,
    _ dy: UnsafePointer<Float>
  ) {
    // In one order on one thread: an element of a gradient may be the sum of several of dY.
    let (rows, inner) = (extents.dropLast().reduce(1, *), extents[extents.count - 1])
    guard inner > 0 else { return }
    let strides = operands.map { $0.strides[extents.count - 1] }
    for row in 0..<rows {
      let offsets = operands.map { $0.offset(row: row, extents) }
      for i in 0..<inner {
        let place = row * inner + i
        let winner = operands.indices.first {
          operands[$0].base[offsets[$0] + i * strides[$0]] == y[place]
        }
        guard let winner else { continue }
        operands[winner].gradient?[offsets[winner] + i * strides[winner]] += dy[place]
      }
    }
  }
}
