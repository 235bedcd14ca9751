package import GraftTensor

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

extension SeededGenerator {
  /// A number of the Beta distribution, in `0...1`.
  ///
  /// The part that one of two Gamma numbers has of their sum; from their logarithms, since with
  /// shapes near 0 both are too small for a Double.
  ///
  /// - Precondition: shapes above 0.
  package mutating func beta(_ a: Double, _ b: Double) -> Double {
    let (x, y) = (logGamma(a), logGamma(b))
    return 1 / (1 + exp(y - x))
  }

  /// The logarithm of a number of the Gamma distribution of scale 1.
  ///
  /// Shapes below 1 take a number of the next higher shape times `u^(1/shape)`.
  /// Source: Marsaglia, Tsang, "A simple method for generating gamma variables", 2000.
  ///
  /// - Precondition: a shape above 0.
  package mutating func logGamma(_ shape: Double) -> Double {
    precondition(shape > 0 && shape.isFinite, "the shape of a Gamma distribution is above 0")
    guard shape >= 1 else { return logGamma(shape + 1) + log(openUniform()) / shape }
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = Double(normal())
      let root = 1 + c * x
      guard root > 0 else { continue }
      let v = root * root * root
      if log(openUniform()) < x * x / 2 + d - d * v + d * log(v) { return log(d * v) }
    }
  }

  /// Uniform between 0 and 1, neither of which it is; 52 random bits.
  private mutating func openUniform() -> Double { (Double(next() >> 12) + 0.5) * 0x1p-52 }
}
