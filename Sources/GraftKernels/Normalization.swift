#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

// MARK: - Each channel by itself

extension Kernels {
  /// `y[r, c] = x[r, c] · factor[c] + offset[c]`; `y` may be `x`.
  package static func scaleColumns(
    _ x: UnsafePointer<Float>, factor: UnsafePointer<Float>, offset: UnsafePointer<Float>,
    _ y: UnsafeMutablePointer<Float>, rows: Int, columns: Int
  ) {
    Parallel.forRanges(of: rows, size: max(1, elementsPerTask / max(1, columns))) { range in
      for row in range {
        let (source, target) = (x + row &* columns, y + row &* columns)
        var c = 0
        while c < columns {
          target[c] = source[c] * factor[c] + offset[c]
          c &+= 1
        }
      }
    }
  }

  /// `dx[r, c] += dy[r, c] · factor[c] + x[r, c] · slope[c] + offset[c]`
  package static func addScaledColumns(
    _ dy: UnsafePointer<Float>, factor: UnsafePointer<Float>, _ x: UnsafePointer<Float>,
    slope: UnsafePointer<Float>, offset: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
    rows: Int, columns: Int
  ) {
    Parallel.forRanges(of: rows, size: max(1, elementsPerTask / max(1, columns))) { range in
      for row in range {
        let start = row &* columns
        let (g, v, target) = (dy + start, x + start, dx + start)
        var c = 0
        while c < columns {
          target[c] += g[c] * factor[c] + (v[c] * slope[c] + offset[c])
          c &+= 1
        }
      }
    }
  }

  /// `dx[r, c] += dy[r, c] · factor[c]`
  package static func addScaledColumns(
    _ dy: UnsafePointer<Float>, factor: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
    rows: Int, columns: Int
  ) {
    Parallel.forRanges(of: rows, size: max(1, elementsPerTask / max(1, columns))) { range in
      for row in range {
        let (g, target) = (dy + row &* columns, dx + row &* columns)
        var c = 0
        while c < columns {
          target[c] += g[c] * factor[c]
          c &+= 1
        }
      }
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
    forRows(rows, channels, response.size) { row in
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
    forRows(rows, channels, response.size) { row in
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
  private static func forRows(
    _ rows: Int, _ channels: Int, _ work: Int, _ body: (Int) -> Void
  ) {
    let size = max(1, elementsPerTask / max(1, channels * work))
    Parallel.forRanges(of: rows, size: size) { range in
      for row in range { body(row) }
    }
  }
}
