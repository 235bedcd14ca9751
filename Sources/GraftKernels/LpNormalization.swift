/// Dividing by the norm along the middle axis of `[outer, count, inner]`.
extension Kernels {
  /// `y = x / ‖x‖`, the sum of magnitudes or the root of the sum of squares, in Double; zeros stay
  /// zeros. `y` may be `x`.
  package static func normalizeLines(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, outer: Int, count: Int,
    inner: Int, squares: Bool
  ) {
    forLines(outer, count, inner) { start in
      let (v, out) = (x + start, y + start)
      let norm = norm(v, count, inner, squares)
      let factor = norm > 0 ? Float(1 / norm) : 0
      for i in 0..<count { out[i &* inner] = v[i &* inner] * factor }
    }
  }

  /// From argument and result: `dx += (dy − y′ Σ y · dy) / ‖x‖`, y′ the result, or the sign of x where
  /// magnitudes are added. Nothing where all of a line is zero.
  package static func addLineNormalizationGradient(
    _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
    _ dx: UnsafeMutablePointer<Float>, outer: Int, count: Int, inner: Int, squares: Bool
  ) {
    forLines(outer, count, inner) { start in
      let (v, result, g, out) = (x + start, y + start, dy + start, dx + start)
      let norm = norm(v, count, inner, squares)
      guard norm > 0 else { return }
      var sum = 0.0
      for i in 0..<count { sum += Double(result[i &* inner]) * Double(g[i &* inner]) }
      let (total, factor) = (Float(sum), Float(1 / norm))
      for i in 0..<count {
        let value = v[i &* inner]
        let direction = squares ? result[i &* inner] : value > 0 ? 1 : value < 0 ? -1 : 0
        out[i &* inner] += (g[i &* inner] - direction * total) * factor
      }
    }
  }

  @inline(__always)
  private static func norm(
    _ v: UnsafePointer<Float>, _ count: Int, _ inner: Int, _ squares: Bool
  ) -> Double {
    var sum = 0.0
    for i in 0..<count {
      let value = Double(v[i &* inner])
      sum += squares ? value * value : value.magnitude
    }
    return squares ? sum.squareRoot() : sum
  }
}
