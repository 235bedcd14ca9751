/// Limited-memory BFGS: finds a minimum of a smooth function of many numbers from its values and
/// gradients.
///
///     p = −H·g          H: the inverse of the second derivatives as the last m pairs
///                       s = x′ − x and y = g′ − g show it, by the two-loop recursion
///     x ← x + α·p       α with the strong Wolfe conditions
///                       f(x + α·p) ≤ f(x) + c₁·α·gᵀp   and   |g(x + α·p)ᵀp| ≤ c₂·|gᵀp|
///
/// For functions whose every value is exact, such as the loss of all samples at once; the noise of
/// batches leads it astray. A value without a state of its own: what it remembers is a ``State``
/// that the caller keeps.
///
/// Source: Nocedal, Wright, "Numerical optimization", 2nd edition, 2006, algorithms 7.4 and 7.5; 3.5
/// and 3.6 for the search along the line, with cubic interpolation (3.59).
public struct LBFGS: Hashable, Sendable {
  /// m: how many pairs are remembered.
  public let history: Int
  /// c₁: what part of the promised decrease is enough. 1e-4 is the book's.
  public let decrease: Double
  /// c₂: how much of the slope may be left. 0.9 is the book's; near 0 the line is searched to its
  /// minimum.
  public let curvature: Double

  /// The usual settings, unless given.
  ///
  /// - Precondition: a history of at least 1, and 0 < c₁ < c₂ < 1.
  public init(history: Int = 10, decrease: Double = 1e-4, curvature: Double = 0.9) {
    precondition(history >= 1, "a history of \(history) pairs")
    precondition(0 < decrease && decrease < curvature && curvature < 1, "0 < c₁ < c₂ < 1")
    self.history = history
    self.decrease = decrease
    self.curvature = curvature
  }

  /// A place, and what the function is there.
  public struct Point: Hashable, Sendable {
    /// x
    public var position: [Double]
    /// f(x)
    public var value: Double
    /// ∂f/∂x
    public var gradient: [Double]

    /// - Precondition: one derivative for each number.
    public init(position: [Double], value: Double, gradient: [Double]) {
      precondition(position.count == gradient.count, "a derivative for each number")
      self.position = position
      self.value = value
      self.gradient = gradient
    }
  }

  /// Where a minimisation is.
  public struct State: Hashable, Sendable {
    /// The lowest place so far.
    public fileprivate(set) var point: Point
    /// The last pairs, the oldest first.
    fileprivate var pairs: [Pair] = []

    /// Before the first step.
    public init(_ start: Point) { point = start }
  }

  /// What a step has shown of the second derivatives.
  fileprivate struct Pair: Hashable, Sendable {
    /// The step.
    let s: [Double]
    /// What it changed of the gradient.
    let y: [Double]
    /// sᵀy
    let product: Double
  }

  /// How many vectors of the size of x a step has in memory, about.
  public var vectorCount: Int { 2 * history + 8 }
}

// MARK: - Steps

extension LBFGS {
  /// Goes to a lower place.
  ///
  /// - Parameter function: the value and the gradient at a place; a value that is not finite counts
  ///   as too high.
  /// - Returns: α; nil where there is no lower place along the line, because this is a minimum as far
  ///   as the function's rounding lets it be seen. The state is then as it was.
  public func step<E: Error>(
    _ state: inout State,
    _ function: ([Double]) throws(E) -> (value: Double, gradient: [Double])
  ) throws(E) -> Double? {
    let steepest = state.point.gradient.reduce(0) { $0 + abs($1) }
    guard steepest > 0 else { return nil }
    if !state.pairs.isEmpty {
      let line = Line(from: state.point, along: direction(state), settings: self)
      if let line, let found = try line.search(first: 1, function) {
        return accept(found, &state)
      }
      // What was remembered misleads here; the steepest way may still go down.
      var plain = State(state.point)
      guard let length = try step(&plain, function) else { return nil }
      state = plain
      return length
    }
    let line = Line(
      from: state.point, along: state.point.gradient.map { -$0 }, settings: self)
    guard let found = try line?.search(first: min(1, 1 / steepest), function) else { return nil }
    return accept(found, &state)
  }

  private func accept(_ found: Line.Trial, _ state: inout State) -> Double {
    let s = zip(found.point.position, state.point.position).map { $0 - $1 }
    let y = zip(found.point.gradient, state.point.gradient).map { $0 - $1 }
    let product = dot(s, y)
    // Positive by the second Wolfe condition, but for rounding and searches that were given up.
    if product > 1e-10 * dot(y, y) {
      if state.pairs.count == history { state.pairs.removeFirst() }
      state.pairs.append(Pair(s: s, y: y, product: product))
    }
    state.point = found.point
    return found.alpha
  }

  /// −H·g; H begins as sᵀy / yᵀy of the last pair times the identity.
  private func direction(_ state: State) -> [Double] {
    var q = state.point.gradient.map { -$0 }
    var alphas: [Double] = []
    for pair in state.pairs.reversed() {
      let alpha = dot(pair.s, q) / pair.product
      add(-alpha, pair.y, to: &q)
      alphas.append(alpha)
    }
    if let last = state.pairs.last {
      let scale = last.product / dot(last.y, last.y)
      for i in q.indices { q[i] *= scale }
    }
    for (pair, alpha) in zip(state.pairs, alphas.reversed()) {
      add(alpha - dot(pair.y, q) / pair.product, pair.s, to: &q)
    }
    return q
  }
}

private func dot(_ x: [Double], _ y: [Double]) -> Double {
  var sum = 0.0
  for i in x.indices { sum += x[i] * y[i] }
  return sum
}

private func add(_ factor: Double, _ x: [Double], to y: inout [Double]) {
  for i in x.indices { y[i] += factor * x[i] }
}

// MARK: - Along a line

/// `φ(α) = f(x + α·p)`
private struct Line {
  /// A place on the line.
  struct Trial {
    var alpha: Double
    /// φ′(α)
    var slope: Double
    var point: LBFGS.Point
    var value: Double { point.value }
  }

  private let start: Trial
  private let direction: [Double]
  private let settings: LBFGS
  /// Evaluations of the function, after which the search ends with the best it has.
  private let limit = 25

  /// Nil where the line does not lead down.
  init?(from point: LBFGS.Point, along direction: [Double], settings: LBFGS) {
    let slope = dot(point.gradient, direction)
    guard slope < 0 else { return nil }
    start = Trial(alpha: 0, slope: slope, point: point)
    self.direction = direction
    self.settings = settings
  }

  /// Widens the range until it holds a place with the Wolfe conditions (algorithm 3.5).
  func search<E: Error>(
    first: Double, _ function: ([Double]) throws(E) -> (value: Double, gradient: [Double])
  ) throws(E) -> Trial? {
    var (previous, alpha) = (start, first)
    for count in 1...limit {
      let trial = try evaluate(alpha, function)
      if isTooHigh(trial) || (count > 1 && trial.value >= previous.value) {
        return try zoom(previous, trial, limit - count, function)
      }
      if isFlat(trial) { return trial }
      if trial.slope >= 0 { return try zoom(trial, previous, limit - count, function) }
      let guess = Self.minimum(between: previous, and: trial) ?? 4 * alpha
      let next = min(max(guess, alpha + 0.1 * (alpha - previous.alpha)), 10 * alpha)
      (previous, alpha) = (trial, next)
    }
    return previous
  }

  /// Narrows a range between the lowest place so far and one that is too far (algorithm 3.6).
  private func zoom<E: Error>(
    _ lowest: Trial, _ other: Trial, _ limit: Int,
    _ function: ([Double]) throws(E) -> (value: Double, gradient: [Double])
  ) throws(E) -> Trial? {
    var (low, high) = (lowest, other)
    for _ in 0..<limit {
      let trial = try evaluate(Self.between(low, high), function)
      if isTooHigh(trial) || trial.value >= low.value {
        high = trial
        continue
      }
      if isFlat(trial) { return trial }
      if trial.slope * (high.alpha - low.alpha) >= 0 { high = low }
      low = trial
    }
    return low.alpha > 0 ? low : nil
  }

  private func evaluate<E: Error>(
    _ alpha: Double, _ function: ([Double]) throws(E) -> (value: Double, gradient: [Double])
  ) throws(E) -> Trial {
    var position = start.point.position
    add(alpha, direction, to: &position)
    let found = try function(position)
    return Trial(
      alpha: alpha, slope: dot(found.gradient, direction),
      point: LBFGS.Point(position: position, value: found.value, gradient: found.gradient))
  }

  /// Written so that a value that is no number is too high.
  private func isTooHigh(_ trial: Trial) -> Bool {
    !(trial.value <= start.value + settings.decrease * trial.alpha * start.slope)
  }

  private func isFlat(_ trial: Trial) -> Bool {
    abs(trial.slope) <= -settings.curvature * start.slope
  }

  /// The minimum of the cubic, away from both ends so that the range shrinks by a tenth at least.
  private static func between(_ a: Trial, _ b: Trial) -> Double {
    let (left, right) = (min(a.alpha, b.alpha), max(a.alpha, b.alpha))
    let margin = 0.1 * (right - left)
    let guess = minimum(between: a, and: b) ?? (left + right) / 2
    return min(max(guess, left + margin), right - margin)
  }

  /// Of the cubic with the values and slopes of two places; nil where it has none.
  private static func minimum(between a: Trial, and b: Trial) -> Double? {
    let d1 = a.slope + b.slope - 3 * (a.value - b.value) / (a.alpha - b.alpha)
    let square = d1 * d1 - a.slope * b.slope
    guard square >= 0, square.isFinite else { return nil }
    let d2 = b.alpha > a.alpha ? square.squareRoot() : -square.squareRoot()
    let part = (b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2)
    return part.isFinite ? b.alpha - (b.alpha - a.alpha) * part : nil
  }
}
