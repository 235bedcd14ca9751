/// How far a float32 result may be from the oracle's.
///
/// The bound is `limit × max(1, largest magnitude of the expected tensor)`: rounding of a sum grows
/// with its terms, not with its result.
package struct Tolerance: Sendable {
  package var limit: Double

  package init(_ limit: Double) { self.limit = limit }

  /// Forward results: some hundred roundings of 6e-8.
  package static let forward = Tolerance(1e-5)
  /// Gradients: longer sums, and finite differences of step 1e-5 on the other side.
  package static let gradient = Tolerance(5e-5)
  /// Numbers recorded from another runtime in float32: both sides round.
  package static let recorded = Tolerance(2e-5)
  /// No difference at all, bit for bit but for the sign of zero.
  package static let exact = Tolerance(0)

  /// Methods that are not exact, such as Winograd's, lose one to two digits.
  package var forInexactMethod: Tolerance { Tolerance(limit * 30) }
}

extension Tolerance {
  /// Throws the first and the worst difference, in words.
  package func check(
    _ actual: [Float], equals expected: DoubleTensor, _ what: String
  ) throws(CheckFailure) {
    guard actual.count == expected.values.count else {
      throw CheckFailure(
        "\(what): \(actual.count) elements; expected \(expected.values.count) \(expected.shape)")
    }
    let bound = limit * max(1, expected.largest)
    var worst = 0.0
    var place = -1
    for (offset, value) in actual.enumerated() {
      let reference = expected.values[offset]
      if Double(value) == reference || (value.isNaN && reference.isNaN) { continue }
      let difference = abs(Double(value) - reference)
      if difference.isNaN || difference > bound, !(difference <= worst) {
        (worst, place) = (difference.isNaN ? .infinity : difference, offset)
      }
    }
    guard place < 0 else {
      throw CheckFailure(
        "\(what) at \(expected.index(of: place)) is \(actual[place]); expected "
          + "\(expected.values[place]) within \(bound)")
    }
  }
}
