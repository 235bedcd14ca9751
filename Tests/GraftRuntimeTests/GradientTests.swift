import Foundation
import GraftGraph
import GraftONNX
import GraftOperators
import GraftRuntime
import GraftTensor
import GraftTestSupport
import SystemPackage
import Testing

/// Whole networks against PyTorch's gradients in float64 and its losses while training:
/// `Tests/Fixtures/training/gradients/make_gradients.py`. The large ones: Scripts/compare-with-pytorch.
@Suite struct GradientTests {
  private struct Recorded: Decodable {
    let losses: [Double]
    let gradients: [String: [Double]]
  }

  private static let recorded: [String: Recorded] = {
    guard let data = try? Fixtures.data("training/gradients/gradients.json"),
      let recorded = try? JSONDecoder().decode([String: Recorded].self, from: data)
    else { return [:] }
    return recorded
  }()

  private static let cases = [
    "inception batch", "inception running", "mobile batch", "mobile running", "plain running",
    "residual batch", "residual running",
  ]

  private let images = Tensor([4, 3, 13, 13], (0..<2028).map { Float(sin(0.7 * Double($0))) })

  private func session(_ example: String, _ isExact: Bool) throws -> Session {
    let parts = example.split(separator: " ")
    let file = Fixtures.url("training/gradients/\(parts[0]).onnx").path(percentEncoded: false)
    let graph = try Graph(importing: ONNXReader.read(FilePath(file)), registry: .standard)
      .givingNodesOwnParameters().usingBatchStatistics(parts[1] == "batch")
    let session = try Session(
      graph, batchSize: 5, mode: .training, options: PlanOptions(isExact: isExact))
    session.overwriteWorkingMemory(with: .nan)
    return session
  }

  /// Mean cross-entropy of the classes 0, 1, 2, 0; its gradient goes to the session.
  private func differentiate(_ session: Session) -> Double {
    let logits = session.answers(images).map(Double.init)
    var loss = 0.0
    for row in 0..<4 {
      let exponentials = logits[3 * row..<3 * row + 3].map { exp($0) }
      let sum = exponentials.reduce(0, +)
      for (k, value) in exponentials.enumerated() {
        let target = k == row % 3 ? 1.0 : 0
        session.outputGradient.base[3 * row + k] = Float((value / sum - target) / 4)
        if target == 1 { loss -= log(value / sum) / 4 }
      }
    }
    session.zeroGradients()
    session.backward()
    return loss
  }

  @Test func everyCaseIsRecorded() { #expect(Self.recorded.keys.sorted() == Self.cases) }

  @Test(arguments: cases, [true, false])
  func gradientsAreThoseOfPyTorch(_ example: String, _ isExact: Bool) throws {
    let expected = try #require(Self.recorded[example])
    let session = try session(example, isExact)
    _ = differentiate(session)
    let parameters = session.trainableParameters
    #expect(parameters.map(\.name) == expected.gradients.keys.sorted())
    for parameter in parameters {
      let exact = try #require(expected.gradients[parameter.name])
      #expect(parameter.value.count == exact.count)
      let norm = exact.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let difference = zip(parameter.gradient.elements, exact)
        .reduce(0) { $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1) }.squareRoot()
      // Floats over some ten layers: PyTorch's own are off by 1e-6 to 1e-5. A bias before a
      // normalisation has no gradient but rounding.
      #expect(difference <= 1e-4 * max(norm, 1e-3), "\(parameter.name): \(difference / norm)")
    }
  }

  @Test(arguments: cases) func lossesFallAsPyTorchs(_ example: String) throws {
    let expected = try #require(Self.recorded[example])
    let session = try session(example, false)
    var velocities = session.trainableParameters.map {
      [Float](repeating: 0, count: $0.value.count)
    }
    for (step, loss) in expected.losses.enumerated() {
      #expect(abs(differentiate(session) - loss) < 1e-3, "step \(step)")
      for (place, parameter) in session.trainableParameters.enumerated() {
        for i in 0..<parameter.value.count {
          velocities[place][i] = 0.9 * velocities[place][i] + parameter.gradient.base[i]
          parameter.value.base[i] -= 0.01 * velocities[place][i]
        }
      }
      session.parametersChanged()
    }
  }
}
