internal import CGraftKernels

/// Sums over the rows of a matrix `[rows, columns]`: statistics of channels, gradients of biases.
extension Kernels {
  /// `body(column, mean, variance)`, the variance that of a population, for every column of
  /// `x[rows, columns]`. Two passes, so that the variance is exact even where the mean is large.
  package static func columnMoments(
    _ x: UnsafePointer<Float>, rows: Int, columns: Int,
    _ body: (_ column: Int, _ mean: Double, _ variance: Double) -> Void
  ) {
    let count = Double(max(rows, 1))
    withUnsafeTemporaryAllocation(of: Float.self, capacity: columns) { center in
      columnSums(x, nil, center: nil, rows: rows, columns: columns) { c, sum, _ in
        center[c] = Float(sum / count)
      }
      columnSums(x, nil, center: center.baseAddress, rows: rows, columns: columns) {
        c, sum, square in
        // The center is a rounded mean; what it is off by comes out of both.
        let rest = sum / count
        body(c, Double(center[c]) + rest, max(0, square / count - rest * rest))
      }
    }
  }

  /// `body(column, Σ a, Σ a · b)` for every column of two matrices.
  package static func columnSums(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, rows: Int, columns: Int,
    _ body: (_ column: Int, _ sum: Double, _ product: Double) -> Void
  ) {
    columnSums(a, b, center: nil, rows: rows, columns: columns, body)
  }

  /// Parts of the rows side by side, added up in their order.
  private static func columnSums(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>?, center: UnsafePointer<Float>?,
    rows: Int, columns: Int, _ body: (_ column: Int, _ sum: Double, _ product: Double) -> Void
  ) {
    guard columns > 0 else { return }
    let size = max((rows + mostParts - 1) / mostParts, elementsPerTask / columns, 1)
    let parts = max(1, (rows + size - 1) / size)
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * parts * columns) { memory in
      let sums = memory.baseAddress!
      Parallel.run(parts) { part in
        let (first, sum) = (part * size * columns, sums + 2 * part * columns)
        graft_column_sums(
          a + first, b.map { $0 + first }, center, min(size, rows - part * size), columns, sum,
          sum + columns)
      }
      for c in 0..<columns {
        var (sum, product) = (0.0, 0.0)
        for part in 0..<parts {
          sum += sums[2 * part * columns + c]
          product += sums[(2 * part + 1) * columns + c]
        }
        body(c, sum, product)
      }
    }
  }

  private static let mostParts = 16
}
