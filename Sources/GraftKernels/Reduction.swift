internal import CGraftKernels

/// Sums over the rows of a matrix `[rows, columns]`: statistics of channels, gradients of biases.
extension Kernels {
  /// Rows whose mean is the center that ``columnMoments`` measures from.
  private static let sampledRows = 64

  /// `body(column, mean, variance)`, the variance that of a population, for every column of
  /// `x[rows, columns]`. Measured from the mean of a few rows, so that one pass is exact even where
  /// the mean is large.
  package static func columnMoments(
    _ x: UnsafePointer<Float>, rows: Int, columns: Int,
    _ body: (_ column: Int, _ mean: Double, _ variance: Double) -> Void
  ) {
    let count = Double(max(rows, 1))
    withUnsafeTemporaryAllocation(of: Float.self, capacity: columns) { center in
      guard let base = center.baseAddress else { return }
      findCenter(x, base, rows: rows, columns: columns)
      let matrix = graft_columns(a: x, columns: columns, center: UnsafePointer(base))
      columnSums(matrix, rows: rows) { c, sum, square in
        let rest = sum / count
        body(c, Double(base[c]) + rest, max(0, square / count - rest * rest))
      }
    }
  }

  /// The mean of rows that are spread evenly, at an odd distance: pictures have rows of their own.
  private static func findCenter(
    _ x: UnsafePointer<Float>, _ center: UnsafeMutablePointer<Float>, rows: Int, columns: Int
  ) {
    center.update(repeating: 0, count: columns)
    let step = rows / sampledRows | 1
    for row in stride(from: 0, to: rows, by: step) {
      graft_sum(center, x + row * columns, center, columns)
    }
    let factor = 1 / Float(max(1, (rows + step - 1) / step))
    for c in 0..<columns { center[c] *= factor }
  }

  /// `body(column, Σ a, Σ a · b)` for every column of two matrices.
  package static func columnSums(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, rows: Int, columns: Int,
    _ body: (_ column: Int, _ sum: Double, _ product: Double) -> Void
  ) {
    columnSums(graft_columns(a: a, b: b, columns: columns), rows: rows, body)
  }

  /// `a[r, c] = 0` where the result `y[r, c]` does not lie between the limits, then as
  /// ``columnSums(_:_:rows:columns:_:)``; without b only the sums mean something.
  package static func passedColumnSums(
    _ a: UnsafeMutablePointer<Float>, result y: UnsafePointer<Float>, _ limits: Limits,
    _ b: UnsafePointer<Float>?, rows: Int, columns: Int,
    _ body: (_ column: Int, _ sum: Double, _ product: Double) -> Void
  ) {
    var matrix = graft_columns(a: UnsafePointer(a), b: b, columns: columns)
    (matrix.passed, matrix.y, matrix.low, matrix.high) = (a, y, limits.low, limits.high)
    columnSums(matrix, rows: rows, body)
  }

  /// `db[c] += Σ dy[r, c]`
  package static func addColumnSums(
    _ dy: UnsafePointer<Float>, _ db: UnsafeMutablePointer<Float>, rows: Int, columns: Int
  ) {
    columnSums(graft_columns(a: dy, columns: columns), rows: rows) { c, sum, _ in
      db[c] += Float(sum)
    }
  }

  /// Parts of the rows side by side, added up in their order.
  private static func columnSums(
    _ matrix: graft_columns, rows: Int,
    _ body: (_ column: Int, _ sum: Double, _ product: Double) -> Void
  ) {
    let columns = matrix.columns
    guard columns > 0 else { return }
    let size = max((rows + mostParts - 1) / mostParts, elementsPerTask / columns, 1)
    let parts = max(1, (rows + size - 1) / size)
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * parts * columns) { memory in
      guard let sums = memory.baseAddress else { return }
      Parallel.run(parts) { part in
        let sum = sums + 2 * part * columns
        withUnsafePointer(to: matrix) {
          graft_column_sums($0, part * size, min(rows, (part + 1) * size), sum, sum + columns)
        }
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

extension graft_columns {
  fileprivate init(
    a: UnsafePointer<Float>, b: UnsafePointer<Float>? = nil, columns: Int,
    center: UnsafePointer<Float>? = nil
  ) {
    self.init()
    (self.a, self.b, self.columns, self.center) = (a, b, columns, center)
  }
}
