/// Normalisation of rows `[rows, count]` by their own mean and variance; sums in Double.
extension Kernels {
  /// `y = (x − mean) · inverse · scale + bias`, `inverse = 1 / √(variance + epsilon)`. The means and
  /// inverses of the rows are written where they are given. `y` may be `x`.
  package static func normalizeRows(
    _ x: UnsafePointer<Float>, scale: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    _ y: UnsafeMutablePointer<Float>, means: UnsafeMutablePointer<Float>?,
    inverses: UnsafeMutablePointer<Float>?, rows: Int, count: Int, epsilon: Float
  ) {
    forRows(rows, count) { row in
      let (v, out) = (x + row * count, y + row * count)
      var (sum, squares) = (0.0, 0.0)
      for i in 0..<count { sum += Double(v[i]) }
      let mean = sum / Double(count)
      for i in 0..<count {
        let difference = Double(v[i]) - mean
        squares += difference * difference
      }
      let inverse = Float(1 / (squares / Double(count) + Double(epsilon)).squareRoot())
      let center = Float(mean)
      means?[row] = center
      inverses?[row] = inverse
      for i in 0..<count {
        out[i] = (v[i] - center) * inverse * scale[i] + (bias?[i] ?? 0)
      }
    }
  }

  /// With `x̂ = (x − mean) · inverse` and `g = dy · scale`:
  /// `dx += inverse · (g − mean(g) − x̂ · mean(g · x̂))`.
  package static func addRowNormalizationGradient(
    _ x: UnsafePointer<Float>, scale: UnsafePointer<Float>, means: UnsafePointer<Float>,
    inverses: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
    _ dx: UnsafeMutablePointer<Float>, rows: Int, count: Int
  ) {
    forRows(rows, count) { row in
      let (v, d, out) = (x + row * count, dy + row * count, dx + row * count)
      let (mean, inverse) = (means[row], inverses[row])
      var (sum, product) = (0.0, 0.0)
      for i in 0..<count {
        let g = Double(d[i] * scale[i])
        sum += g
        product += g * Double((v[i] - mean) * inverse)
      }
      let (first, second) = (Float(sum / Double(count)), Float(product / Double(count)))
      for i in 0..<count {
        out[i] += inverse * (d[i] * scale[i] - first - (v[i] - mean) * inverse * second)
      }
    }
  }

  /// What the gradients of the rows' means and inverses imply, each where it is given:
  /// `dx += (dmean − dinverse · inverse³ · (x − mean)) / count`.
  package static func addRowStatisticsGradient(
    _ x: UnsafePointer<Float>, means: UnsafePointer<Float>, inverses: UnsafePointer<Float>,
    dmeans: UnsafePointer<Float>?, dinverses: UnsafePointer<Float>?,
    _ dx: UnsafeMutablePointer<Float>, rows: Int, count: Int
  ) {
    forRows(rows, count) { row in
      let (v, out, inverse) = (x + row * count, dx + row * count, inverses[row])
      let first = (dmeans?[row] ?? 0) / Float(count)
      let second = (dinverses?[row] ?? 0) * inverse * inverse * inverse / Float(count)
      for i in 0..<count { out[i] += first - second * (v[i] - means[row]) }
    }
  }

  /// `dscale += Σ over rows of dy · x̂`, `dbias += Σ dy`; each where it is given.
  package static func addRowNormalizationParameterGradients(
    _ x: UnsafePointer<Float>, means: UnsafePointer<Float>, inverses: UnsafePointer<Float>,
    _ dy: UnsafePointer<Float>, dscale: UnsafeMutablePointer<Float>?,
    dbias: UnsafeMutablePointer<Float>?, rows: Int, count: Int
  ) {
    // Columns are cut, not rows: each sum has one order.
    Parallel.forRanges(of: count, size: 64) { columns in
      withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * columns.count) { sums in
        sums.initialize(repeating: 0)
        for row in 0..<rows {
          let (v, d) = (x + row * count + columns.lowerBound, dy + row * count + columns.lowerBound)
          for c in 0..<columns.count {
            sums[2 * c] += Double(d[c]) * Double((v[c] - means[row]) * inverses[row])
            sums[2 * c + 1] += Double(d[c])
          }
        }
        for (c, column) in columns.enumerated() {
          dscale?[column] += Float(sums[2 * c])
          dbias?[column] += Float(sums[2 * c + 1])
        }
      }
    }
  }

  @inline(__always)
  private static func forRows(_ rows: Int, _ count: Int, _ body: (Int) -> Void) {
    guard count > 0 else { return }
    Parallel.forRanges(of: rows, size: max(1, elementsPerTask / (4 * count))) { range in
      for row in range { body(row) }
    }
  }
}
