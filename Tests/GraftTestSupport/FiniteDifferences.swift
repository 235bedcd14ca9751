import GraftTensor

/// Central finite differences of `L = Σ g·Y` on the oracle, in Double, with random `g`.
struct FiniteDifferences {
  /// `g` for each output; nil where the loss does not depend on the output.
  let outputGradients: [[Float]?]
  private let places: [Int: [(offset: Int, slope: Double)]]
  private let shapes: [Shape]

  /// Small enough to stay on one side of a kink 0.02 away, large enough for Double.
  private static let step = 1e-5

  init(
    _ check: OperatorCheck, _ outputs: [DoubleTensor], checkedElements: Int,
    oracle: @escaping Oracle
  ) {
    let example = check.example
    var generator = SeededGenerator(11)
    outputGradients = outputs.indices.map { index in
      guard example.differentiableOutputs?.contains(index) ?? true else { return nil }
      return (0..<outputs[index].values.count).map { _ in 2 * generator.uniform() - 1 }
    }
    let weights = outputGradients
    let loss = { (inputs: [DoubleTensor?]) -> Double in
      let outputs = oracle(example, inputs)
      return zip(outputs, weights).reduce(0.0) { sum, pair in
        guard let g = pair.1 else { return sum }
        return sum + zip(pair.0.values, g).reduce(0) { $0 + $1.0 * Double($1.1) }
      }
    }
    shapes = check.flow.map(\.shape)
    // Oracles are slow: of large outputs a few places must do.
    let size = outputs.reduce(1) { $0 + $1.values.count }
    let limit = max(4, min(checkedElements, 100_000 / size))
    var places: [Int: [(offset: Int, slope: Double)]] = [:]
    for (index, input) in check.flow.enumerated() where input.isDifferentiable {
      let count = input.elements.count
      var offsets = Array(0..<count)
      if count > limit {
        offsets = offsets.shuffled(using: &generator).prefix(limit - 2) + [0, count - 1]
      }
      places[index] = offsets.map { offset in
        var inputs = check.references
        inputs[input.index]?.values[offset] += Self.step
        let above = loss(inputs)
        inputs[input.index]?.values[offset] -= 2 * Self.step
        return (offset, (above - loss(inputs)) / (2 * Self.step))
      }
    }
    self.places = places
  }

  /// Throws where the analytic gradient differs.
  func check(
    _ gradient: [Float], input index: Int, _ tolerance: Tolerance, _ what: String
  ) throws(CheckFailure) {
    let places = places[index] ?? []
    let bound =
      tolerance.limit * max(1, places.reduce(0) { max($0, abs($1.slope)) })
    for (offset, slope) in places {
      guard abs(Double(gradient[offset]) - slope) <= bound else {
        let at = DoubleTensor(zeros: shapes[index]).index(of: offset)
        throw CheckFailure(
          "\(what) at \(at) is \(gradient[offset]); finite differences give \(slope), bound \(bound)"
        )
      }
    }
    for (offset, value) in gradient.enumerated() where !value.isFinite {
      throw CheckFailure("\(what) at offset \(offset) is \(value)")
    }
  }
}
