/// Sums over the rows of a matrix `[rows, columns]`: statistics of channels, gradients of biases.
extension Kernels {
  /// Columns that one task adds up: one cache line of floats, and enough tasks for few channels.
  private static let columnBlock = 16

  /// `body(column, mean, variance)`, the variance that of a population, for every column of
  /// `x[rows, columns]`, in Double, two passes: exact even where the mean is large.
  package static func columnMoments(
    _ x: UnsafePointer<Float>, rows: Int, columns: Int,
    _ body: (_ column: Int, _ mean: Double, _ variance: Double) -> Void
  ) {
    forColumnBlocks(columns) { first, size in
      withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * columnBlock) { memory in
        memory.initialize(repeating: 0)
        let (mean, square) = (memory.baseAddress!, memory.baseAddress! + columnBlock)
        for row in 0..<rows {
          let source = x + (row &* columns &+ first)
          var c = 0
          while c < size {
            mean[c] += Double(source[c])
            c &+= 1
          }
        }
        for c in 0..<size { mean[c] /= Double(rows) }
        for row in 0..<rows {
          let source = x + (row &* columns &+ first)
          var c = 0
          while c < size {
            let distance = Double(source[c]) - mean[c]
            square[c] += distance * distance
            c &+= 1
          }
        }
        for c in 0..<size { body(first + c, mean[c], square[c] / Double(rows)) }
      }
    }
  }

  /// `body(column, Σ a, Σ a · b)` for every column of two matrices.
  package static func columnSums(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, rows: Int, columns: Int,
    _ body: (_ column: Int, _ sum: Double, _ product: Double) -> Void
  ) {
    forColumnBlocks(columns) { first, size in
      withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * columnBlock) { memory in
        memory.initialize(repeating: 0)
        let (sum, product) = (memory.baseAddress!, memory.baseAddress! + columnBlock)
        for row in 0..<rows {
          let (x, y) = (a + (row &* columns &+ first), b + (row &* columns &+ first))
          var c = 0
          while c < size {
            sum[c] += Double(x[c])
            product[c] += Double(x[c]) * Double(y[c])
            c &+= 1
          }
        }
        for c in 0..<size { body(first + c, sum[c], product[c]) }
      }
    }
  }

  @inline(__always)
  private static func forColumnBlocks(_ columns: Int, _ body: (Int, Int) -> Void) {
    Parallel.run((columns + columnBlock - 1) / columnBlock) { task in
      body(task * columnBlock, min(columnBlock, columns - task * columnBlock))
    }
  }
}
