#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// From numbers to pixels along one axis, with the ticks that mark it.
struct AxisMapping {
  let scale: LinePlot.Scale
  let range: ClosedRange<Double>
  let ticks: [Tick]
  /// The pixel of the range's lower end, and of its upper one.
  var pixels: (start: Double, end: Double) = (0, 1)

  /// An axis for these numbers with `count` ticks at most; `isWidened` lets it end at ticks.
  init(_ axis: LinePlot.Axis, numbers: [Double], count: Int, isWidened: Bool) {
    scale = axis.scale
    if let given = axis.range, Self.isUsable(given, scale) {
      range = given
    } else {
      let found = Self.range(numbers, axis.scale)
      let widens = isWidened && axis.scale == .linear
      range = widens ? Tick.widened(found, count: count) : found
    }
    ticks =
      scale == .linear
      ? Tick.linear(in: range, count: count) : Tick.logarithmic(in: range, count: count)
  }

  /// All numbers, and some room where they are all the same.
  private static func range(_ numbers: [Double], _ scale: LinePlot.Scale) -> ClosedRange<Double> {
    let shown = numbers.filter { abs($0) <= largest && (scale == .linear || $0 > smallest) }
    guard let low = shown.min(), let high = shown.max() else {
      return scale == .linear ? 0...1 : 1...10
    }
    if isUsable(low...high, scale) { return low...high }
    if scale == .logarithmic { return low / 2...high * 2 }
    let room = max(abs(low), abs(high)) < smallest ? 1 : abs(low) / 2
    return low - room...high + room
  }

  /// Beyond these, differences and powers of ten are no longer numbers.
  private static let largest = 1e290
  private static let smallest = 1e-290

  /// Below a billionth of its numbers a range is rounding, and its ticks cannot be told apart.
  private static func isUsable(_ range: ClosedRange<Double>, _ scale: LinePlot.Scale) -> Bool {
    let (low, high) = (range.lowerBound, range.upperBound)
    return max(abs(low), abs(high)) <= largest
      && high - low > max(1e-9 * max(abs(low), abs(high)), smallest)
      && (scale == .linear || low > smallest)
  }

  /// The pixel of a number; nil where the scale has no place for it.
  func callAsFunction(_ number: Double) -> Double? {
    guard number.isFinite else { return nil }
    var (low, high, place) = (range.lowerBound, range.upperBound, number)
    if scale == .logarithmic {
      guard number > 0 else { return nil }
      (low, high, place) = (log10(low), log10(high), log10(number))
    }
    // Far outside the frame it is all the same; numbers that long are no use in a file.
    let fraction = min(max((place - low) / (high - low), -20), 20)
    return pixels.start + fraction * (pixels.end - pixels.start)
  }
}
