import GraftKernels

extension Parallel {
  /// Σ of `body` over consecutive ranges of `0..<count`, added in their order, so that the sum is
  /// the same for any number of threads.
  static func sum(of count: Int, _ body: (Range<Int>) -> Double) -> Double {
    var sums = [Double](
      repeating: 0, count: (max(count, 0) + Parallel.elementRange - 1) / Parallel.elementRange)
    sums.withUnsafeMutableBufferPointer { sums in
      let sums = sums.baseAddress
      forRanges(of: count, size: Parallel.elementRange) { range in
        sums![range.lowerBound / Parallel.elementRange] = body(range)
      }
    }
    return sums.reduce(0, +)
  }

  /// Σ of a function of eight neighbours at a time, in Double; each of eight lanes adds every eighth
  /// element. The elements of the last incomplete eight are followed by zeros.
  static func sum(
    _ x: UnsafePointer<Float>, count: Int,
    _ term: (SIMD8<Double>) -> SIMD8<Double>
  ) -> Double {
    sum(of: count) { range in
      var lanes = SIMD8<Double>()
      var i = range.lowerBound
      while i + 8 <= range.upperBound {
        let eight = UnsafeRawPointer(x + i).loadUnaligned(as: SIMD8<Float>.self)
        lanes += term(SIMD8<Double>(eight))
        i += 8
      }
      var rest = SIMD8<Double>()
      for lane in 0..<range.upperBound - i { rest[lane] = Double(x[i + lane]) }
      return (lanes + term(rest)).sum()
    }
  }
}
