import GraftTensor
import GraftTestSupport

/// What the tests of Max and Min share.
enum ExtremeCases {
  static let all: [OperatorCase] = [
    .init("two", inputs: [.distinct([2, 3, 5, 7]), .distinct([2, 3, 5, 7], seed: 9)]),
    .init(
      "three of one shape", opset: 6,
      inputs: [.distinct([3, 11]), .distinct([3, 11], seed: 4), .distinct([3, 11], seed: 9)]),
    .init(
      "one alone", opset: 1, attributes: ["consumed_inputs": [0]], inputs: [.distinct([2, 9])]),
    .init("a limit", inputs: [.activation([2, 3, 4, 5], avoiding: [0.5]), .scalar(0.5)]),
    .init(
      "a limit for each channel",
      inputs: [
        .activation([2, 3, 4, 5], avoiding: [-0.5, 0, 0.5]), .constant([3, 1, 1], [-0.5, 0, 0.5]),
      ]),
    .init("both repeated", inputs: [.distinct([4, 1, 3]), .floats([2, 1], [0.013, -0.017])]),
    .init("scalars", inputs: [.floats([], [2]), .floats([], [3])]),
    .init("nothing", inputs: [.activation([0, 3]), .activation([0, 3])]),
    .init(
      "more than one task",
      inputs: [.activation([3, 5, 65, 64], avoiding: [1]), .scalar(1)]),
  ]

  /// NumPy's broadcasting, one element after the other.
  static func broadcast(
    _ inputs: [DoubleTensor], _ function: (Double, Double) -> Double
  ) -> DoubleTensor {
    let rank = inputs.map(\.shape.rank).max() ?? 0
    let padded = inputs.map {
      [Int](repeating: 1, count: rank - $0.shape.rank) + $0.shape.dimensions
    }
    let shape = Shape(
      (0..<rank).map { axis in
        padded.contains { $0[axis] == 0 } ? 0 : padded.map { $0[axis] }.max() ?? 1
      })
    return .making(shape) { index in
      let values = zip(inputs, padded).map { input, extents in
        let place = zip(index, extents).map { $1 == 1 ? 0 : $0 }
        return input[at: Array(place.suffix(input.shape.rank))]
      }
      return values.dropFirst().reduce(values[0], function)
    }
  }
}
