#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A marked place on an axis: `factor · 10^exponent`, kept as integers so that its label is exact.
struct Tick: Hashable {
  var factor: Int
  var exponent: Int

  var value: Double {
    // A quotient of integers is the closest Double to what the label says; a product is not.
    exponent < 0
      ? Double(factor) / pow(10, Double(-exponent)) : Double(factor) * pow(10, Double(exponent))
  }

  /// `0.25`, `1200`; beyond six places `3·10⁻⁷`.
  var label: String {
    let digits = String(factor.magnitude)
    let sign = factor < 0 ? "−" : ""
    let places = digits.count + exponent
    if factor == 0 { return "0" }
    if places > 6 || places < -3 { return sign + scientific(digits) }
    if exponent >= 0 { return sign + digits + String(repeating: "0", count: exponent) }
    let padded = String(repeating: "0", count: max(0, 1 - places)) + digits
    return sign + padded.dropLast(-exponent) + "." + padded.suffix(-exponent)
  }

  private func scientific(_ digits: String) -> String {
    let significant = digits.reversed().drop { $0 == "0" }.reversed()
    let power = exponent + digits.count - 1
    let rest = String(significant.dropFirst())
    let head = String(significant.prefix(1)) + (rest.isEmpty ? "" : "." + rest)
    return (head == "1" ? "" : head + "·") + "10" + superscript(power)
  }

  private func superscript(_ number: Int) -> String {
    let raised: [Character] = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]
    return (number < 0 ? "⁻" : "")
      + String(String(number.magnitude).compactMap(\.wholeNumberValue).map { raised[$0] })
  }
}

// MARK: - Choosing

extension Tick {
  /// The multiples of 1, 2 or 5 times a power of ten in a range: the finest of at most `count`.
  static func linear(in range: ClosedRange<Double>, count: Int) -> [Tick] {
    let step = linearStep(range, count)
    let first = Int((range.lowerBound / step.value - 1e-6).rounded(.up))
    let last = Int((range.upperBound / step.value + 1e-6).rounded(.down))
    guard first <= last else { return [] }
    return (first...last).map { Tick(factor: $0 * step.factor, exponent: step.exponent) }
  }

  /// The range widened to whole steps.
  static func widened(_ range: ClosedRange<Double>, count: Int) -> ClosedRange<Double> {
    let step = linearStep(range, count).value
    let low = (range.lowerBound / step + 1e-6).rounded(.down) * step
    return low...max((range.upperBound / step - 1e-6).rounded(.up) * step, low + step)
  }

  private static func linearStep(_ range: ClosedRange<Double>, _ count: Int) -> Tick {
    let wanted = (range.upperBound - range.lowerBound) / Double(max(count - 1, 1))
    let exponent = Int(floor(log10(wanted)))
    for factor in [1, 2, 5] {
      let step = Tick(factor: factor, exponent: exponent)
      if step.value >= wanted * (1 - 1e-6) { return step }
    }
    return Tick(factor: 1, exponent: exponent + 1)
  }

  /// Powers of ten in a range, every so many; 1, 2 and 5 of each where the range is short.
  static func logarithmic(in range: ClosedRange<Double>, count: Int) -> [Tick] {
    let exponents =
      Int(floor(log10(range.lowerBound)))...Int(ceil(log10(range.upperBound)))
    let isInside = { (tick: Tick) in
      tick.value >= range.lowerBound * (1 - 1e-6) && tick.value <= range.upperBound * (1 + 1e-6)
    }
    let powers = exponents.map { Tick(factor: 1, exponent: $0) }.filter(isInside)
    let fine = exponents.flatMap { e in [1, 2, 5].map { Tick(factor: $0, exponent: e) } }
      .filter(isInside)
    if fine.count <= count, fine.count >= 2 { return fine }
    if powers.count < 2 { return linear(in: range, count: count).filter { $0.factor > 0 } }
    let every = (powers.count + count - 1) / count
    return powers.filter { $0.exponent % every == 0 }
  }
}
