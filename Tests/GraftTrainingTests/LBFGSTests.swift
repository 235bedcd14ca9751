import GraftTraining
import Testing

@Suite struct LBFGSTests {
  typealias Function = @Sendable ([Double]) -> (value: Double, gradient: [Double])

  /// The places of a minimisation, the start first.
  func path(
    _ minimizer: LBFGS = LBFGS(), from start: [Double], steps: Int, _ function: Function
  ) -> [LBFGS.Point] {
    let first = function(start)
    var state = LBFGS.State(
      LBFGS.Point(position: start, value: first.value, gradient: first.gradient))
    var points = [state.point]
    for _ in 0..<steps {
      guard minimizer.step(&state, function) != nil else { break }
      points.append(state.point)
    }
    return points
  }

  /// `Σ c·(x − 1)² + Σ (x − x′)²` of neighbours, with curvatures from 1 to n².
  static func quadratic(_ x: [Double]) -> (value: Double, gradient: [Double]) {
    var (value, gradient) = (0.0, [Double](repeating: 0, count: x.count))
    for i in x.indices {
      let c = Double((i + 1) * (i + 1))
      value += c * (x[i] - 1) * (x[i] - 1)
      gradient[i] += 2 * c * (x[i] - 1)
      guard i > 0 else { continue }
      value += (x[i] - x[i - 1]) * (x[i] - x[i - 1])
      gradient[i] += 2 * (x[i] - x[i - 1])
      gradient[i - 1] -= 2 * (x[i] - x[i - 1])
    }
    return (value, gradient)
  }

  /// Where each line is searched to its minimum, these are the steps of conjugate gradients.
  @Test(arguments: [1, 2, 5, 9]) func quadraticTakesAsManyStepsAsNumbers(count: Int) {
    let exact = LBFGS(decrease: 1e-12, curvature: 1e-8)
    let start = (0..<count).map { Double($0 * $0 % 7) - 3 }
    let points = path(exact, from: start, steps: count, Self.quadratic)
    #expect(points.last!.position.allSatisfy { abs($0 - 1) < 1e-6 })
    #expect(points.last!.value < 1e-10)
    // And not sooner: curvatures and start are all different.
    #expect(count == 1 || points[count - 1].value > 1e-6)
  }

  @Test(arguments: [1, 3, 10]) func findsRosenbrocksValley(history: Int) {
    let points = path(LBFGS(history: history), from: [-1.2, 1], steps: 200) { x in
      let (a, b) = (1 - x[0], x[1] - x[0] * x[0])
      return (a * a + 100 * b * b, [-2 * a - 400 * x[0] * b, 200 * b])
    }
    #expect(points.last!.position.allSatisfy { abs($0 - 1) < 1e-6 })
    #expect(history == 1 || points.count < 60)
  }

  /// Strong Wolfe: lower by c₁ of what the slope promised; what is left of the slope is below c₂ of it.
  @Test func everyStepHasTheWolfeConditions() {
    let function: Function = { x in
      let (a, b) = (1 - x[0], x[1] - x[0] * x[0])
      return (a * a + 100 * b * b, [-2 * a - 400 * x[0] * b, 200 * b])
    }
    let points = path(from: [-1.2, 1], steps: 30, function)
    for (old, new) in zip(points, points.dropFirst()) {
      let step = zip(new.position, old.position).map { $0 - $1 }
      let slope = zip(step, old.gradient).reduce(0) { $0 + $1.0 * $1.1 }
      let left = zip(step, new.gradient).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(slope < 0)
      #expect(new.value <= old.value + 1e-4 * slope + 1e-15)
      #expect(abs(left) <= -0.9 * slope + 1e-15)
      let again = function(new.position)
      #expect(again.value == new.value && again.gradient == new.gradient)
    }
    #expect(points.count > 15)
  }

  /// The first step is far too short here, then far too long.
  @Test(arguments: [1e-8, 1e8]) func findsTheScale(scale: Double) {
    let points = path(from: [3 * scale, -2 * scale], steps: 60) { x in
      let (a, b) = (x[0] / scale - 1, x[1] / scale)
      return (a * a + 2 * b * b + a * a * a * a, [(2 * a + 4 * a * a * a) / scale, 4 * b / scale])
    }
    #expect(abs(points.last!.position[0] / scale - 1) < 1e-5)
    #expect(abs(points.last!.position[1] / scale) < 1e-5)
  }

  /// −√(1 − x²) + x/2 is no number beyond 1; its minimum is at −1/√5.
  @Test func staysWhereTheFunctionIs() {
    let points = path(from: [0.999], steps: 40) { x in
      let root = (1 - x[0] * x[0]).squareRoot()
      return (-root + x[0] / 2, [x[0] / root + 0.5])
    }
    #expect(abs(points.last!.position[0] + 1 / 5.0.squareRoot()) < 1e-6)
    #expect(points.allSatisfy { $0.value.isFinite })
  }

  @Test func saysWhereThereIsNothingLower() {
    let flat = LBFGS.State(LBFGS.Point(position: [1, 2], value: 3, gradient: [0, 0]))
    var state = flat
    #expect(LBFGS().step(&state) { ($0[0], [0, 0]) } == nil)
    #expect(state == flat)
    // A gradient that lies: everywhere else is higher.
    let lying = LBFGS.State(LBFGS.Point(position: [1], value: 0, gradient: [1]))
    state = lying
    var calls = 0
    #expect(
      LBFGS().step(&state) { (_: [Double]) -> (value: Double, gradient: [Double]) in
        calls += 1
        return (1, [1])
      } == nil)
    #expect(state == lying)
    #expect(calls == 25)
  }

  @Test func stateIsAValue() {
    let first = Self.quadratic([3, 2, 1])
    var state = LBFGS.State(
      LBFGS.Point(position: [3, 2, 1], value: first.value, gradient: first.gradient))
    for _ in 0..<2 { _ = LBFGS().step(&state, Self.quadratic) }
    var copy = state
    let kept = state
    _ = LBFGS().step(&copy, Self.quadratic)
    #expect(state == kept)
    _ = LBFGS().step(&state, Self.quadratic)
    #expect(state == copy)
  }
}
