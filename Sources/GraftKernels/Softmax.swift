#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// Softmax and its logarithm along the middle axis of `[outer, count, inner]`.
extension Kernels {
  /// `y = exp(x − max) / Σ exp(x − max)`, or its logarithm; sums in Double. `y` may be `x`.
  package static func softmax(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, outer: Int, count: Int,
    inner: Int, logarithm: Bool
  ) {
    forLines(outer, count, inner) { start in
      let (v, out) = (x + start, y + start)
      var largest = -Float.infinity
      for i in 0..<count { largest = max(largest, v[i &* inner]) }
      var sum = 0.0
      for i in 0..<count { sum += Double(expf(v[i &* inner] - largest)) }
      if logarithm {
        let shift = Float(log(sum))
        for i in 0..<count { out[i &* inner] = v[i &* inner] - largest - shift }
      } else {
        let factor = Float(1 / sum)
        for i in 0..<count { out[i &* inner] = expf(v[i &* inner] - largest) * factor }
      }
    }
  }

  /// From the result: `dx += y · (dy − Σ y · dy)`; of the logarithm `dx += dy − exp(y) · Σ dy`.
  package static func addSoftmaxGradient(
    _ y: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
    outer: Int, count: Int, inner: Int, logarithm: Bool
  ) {
    forLines(outer, count, inner) { start in
      let (v, g, out) = (y + start, dy + start, dx + start)
      var sum = 0.0
      for i in 0..<count {
        sum += Double(g[i &* inner]) * (logarithm ? 1 : Double(v[i &* inner]))
      }
      let total = Float(sum)
      for i in 0..<count {
        let (value, gradient) = (v[i &* inner], g[i &* inner])
        out[i &* inner] += logarithm ? gradient - expf(value) * total : value * (gradient - total)
      }
    }
  }

  /// Hands on where each line of `[outer, count, inner]` begins; a line's elements lie `inner` apart.
  @inline(__always)
  static func forLines(
    _ outer: Int, _ count: Int, _ inner: Int, _ body: (_ start: Int) -> Void
  ) {
    guard count > 0 else { return }
    let size = max(1, elementsPerTask / (8 * count))
    Parallel.forRanges(of: outer * inner, size: size) { range in
      for line in range { body(line / inner * count * inner + line % inner) }
    }
  }
}
