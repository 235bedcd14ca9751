internal import CGraftKernels

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

// MARK: - Each channel by itself

extension Kernels {
  /// `y[r, c] = limits(x[r, c] · factor[c] + offset[c] + residual[r, c])`; `y` may be `x`.
  package static func scaleColumns(
    _ x: UnsafePointer<Float>, factor: UnsafePointer<Float>, offset: UnsafePointer<Float>,
    residual: UnsafePointer<Float>? = nil, limits: Limits = .none,
    _ y: UnsafeMutablePointer<Float>, rows: Int, columns: Int
  ) {
    let work = graft_scale(
      x: x, factor: factor, offset: offset, residual: residual, y: y, columns: columns,
      low: limits.low, high: limits.high)
    forRows(rows, columns, 1) { first, end in
      withUnsafePointer(to: work) { graft_scale_rows($0, first, end) }
    }
  }

  /// `dx[r, c] += dy[r, c] · factor[c] + x[r, c] · slope[c] + offset[c]`, without x only the first
  /// product; assigned where the gradient begins.
  package static func addScaledColumns(
    _ dy: UnsafePointer<Float>, factor: UnsafePointer<Float>, _ x: UnsafePointer<Float>?,
    slope: UnsafePointer<Float>, offset: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
    rows: Int, columns: Int, begins: Bool
  ) {
    let work = graft_slope(
      dy: dy, factor: factor, x: x, slope: slope, offset: offset, dx: dx, columns: columns,
      begins: begins ? 1 : 0)
    forRows(rows, columns, 1) { first, end in
      withUnsafePointer(to: work) { graft_slope_rows($0, first, end) }
    }
  }
}

// MARK: - Across channels

/// The constants of a local response normalisation.
package struct LocalResponse: Hashable, Sendable {
  package var alpha: Float
  package var beta: Float
  package var bias: Float
  /// Channels that one sum covers.
  package var size: Int

  package init(alpha: Float, beta: Float, bias: Float, size: Int) {
    self.alpha = alpha
    self.beta = beta
    self.bias = bias
    self.size = size
  }

  /// `s^−beta`. AlexNet's and GoogLeNet's 3/4 without a general power.
  @inline(__always)
  fileprivate func power(_ s: Float) -> Float {
    guard beta == 0.75 else { return powf(s, -beta) }
    let root = s.squareRoot()
    return 1 / (root * root.squareRoot())
  }

  private var before: Int { (size - 1) / 2 }

  /// The channels of the sum for channel `c`.
  @inline(__always)
  fileprivate func window(_ c: Int, _ channels: Int) -> Range<Int> {
    max(0, c - before)..<min(channels, c - before + size)
  }

  /// The channels in whose sums channel `c` is.
  @inline(__always)
  fileprivate func reverseWindow(_ c: Int, _ channels: Int) -> Range<Int> {
    max(0, c + before - size + 1)..<min(channels, c + before + 1)
  }
}

extension Kernels {
  /// `s = bias + alpha / size · Σ x²` over neighbouring channels, `y = x · s^−beta`, for rows of
  /// channels. `s` is kept where memory for it is given.
  package static func localResponse(
    _ response: LocalResponse, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
    sums: UnsafeMutablePointer<Float>?, rows: Int, channels: Int
  ) {
    let factor = response.alpha / Float(response.size)
    forEachRow(rows, channels, response.size) { row in
      let start = row &* channels
      let (v, out) = (x + start, y + start)
      for c in 0..<channels {
        var sum: Float = 0
        for i in response.window(c, channels) { sum += v[i] * v[i] }
        let s = response.bias + factor * sum
        sums?[start + c] = s
        out[c] = v[c] * response.power(s)
      }
    }
  }

  /// `dx[c] += dy[c] · s[c]^−beta − 2 alpha beta / size · x[c] · Σ dy[i] x[i] s[i]^(−beta−1)` over the
  /// channels `i` whose sum has `c`. `terms` is working memory, as large as `x`.
  package static func addLocalResponseGradient(
    _ response: LocalResponse, _ x: UnsafePointer<Float>, sums: UnsafePointer<Float>,
    _ dy: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
    terms: UnsafeMutablePointer<Float>, rows: Int, channels: Int
  ) {
    let factor = 2 * response.alpha * response.beta / Float(response.size)
    forEachRow(rows, channels, response.size) { row in
      let start = row &* channels
      let (v, s, g, out) = (x + start, sums + start, dy + start, dx + start)
      let term = terms + start
      for c in 0..<channels {
        let scaled = g[c] * response.power(s[c])
        out[c] += scaled
        term[c] = scaled * v[c] / s[c]
      }
      for c in 0..<channels {
        var sum: Float = 0
        for i in response.reverseWindow(c, channels) { sum += term[i] }
        out[c] -= factor * v[c] * sum
      }
    }
  }

  @inline(__always)
  private static func forEachRow(
    _ rows: Int, _ channels: Int, _ work: Int, _ body: (Int) -> Void
  ) {
    forRows(rows, channels, work) { first, end in
      for row in first..<end { body(row) }
    }
  }

  /// Calls `body` with the bounds of a run of rows, so many elements of work each.
  @inline(__always)
  private static func forRows(
    _ rows: Int, _ channels: Int, _ work: Int, _ body: (_ first: Int, _ end: Int) -> Void
  ) {
    let size = max(1, elementsPerTask / max(1, channels * work))
    Parallel.forRanges(of: rows, size: size) { body($0.lowerBound, $0.upperBound) }
  }
}
