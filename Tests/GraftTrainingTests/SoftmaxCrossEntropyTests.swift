import GraftTensor
import GraftTraining
import Testing

@Suite struct SoftmaxCrossEntropyTests {
  func evaluate(
    _ loss: some Loss, _ logits: Tensor, _ labels: [Int]
  ) -> (loss: Double, gradient: [Float]) {
    var gradient = Tensor(logits.shape, repeating: .nan)
    let value = withExtendedLifetime(logits) {
      loss.evaluate(logits.unsafeView, labels: labels, gradient: gradient.unsafeMutableView())
    }
    return (value, gradient.elements)
  }

  @Test func isPyTorchs() throws {
    let lines = try fixture("losses.txt")
    #expect(lines.count == 35)
    for start in stride(from: 0, to: lines.count, by: 5) {
      let name = lines[start][0]
      let loss = SoftmaxCrossEntropy(
        labelSmoothing: try #require(Float(lines[start][1])),
        classWeights: lines[start + 1] == ["-"] ? nil : lines[start + 1].compactMap { Float($0) })
      let labels = lines[start + 2].compactMap { Int($0) }
      let z = lines[start + 3].compactMap { Float($0) }
      let expected = lines[start + 4].compactMap { Float($0) }
      let (value, gradient) = evaluate(
        loss, Tensor([labels.count, z.count / labels.count], z), labels)
      // PyTorch sums in Float.
      let wanted = Double(expected[0])
      #expect(abs(value - wanted) <= 2e-6 * max(1, abs(wanted)), "\(name)")
      for (a, b) in zip(gradient, expected.dropFirst()) {
        #expect(abs(a - b) <= 2e-6, "\(name): \(a) ≠ \(b)")
      }
    }
  }

  /// Central differences; the logits are Float, so the step is large and the tolerance too.
  @Test(arguments: [Float(0), 0.1], [nil, [0.5, 2, 1] as [Float]?])
  func gradientIsTheSlope(smoothing: Float, weights: [Float]?) {
    let loss = SoftmaxCrossEntropy(labelSmoothing: smoothing, classWeights: weights)
    let z: [Float] = [0.3, -1.2, 0.8, 2, 0.1, -0.5, 0, 0, 0, 1, 1, -3]
    let labels = [2, 0, 1, 1]
    let gradient = evaluate(loss, Tensor([4, 3], z), labels).gradient
    let h: Float = 0x1p-6
    for i in z.indices {
      var (up, down) = (z, z)
      up[i] += h
      down[i] -= h
      let slope =
        (evaluate(loss, Tensor([4, 3], up), labels).loss
          - evaluate(loss, Tensor([4, 3], down), labels).loss) / Double(2 * h)
      #expect(abs(slope - Double(gradient[i])) < 1e-4)
    }
  }

  @Test func staysFiniteForHugeLogits() {
    let (loss, gradient) = evaluate(
      SoftmaxCrossEntropy(), Tensor([1, 2], [3e38, -3e38]), [0])
    #expect(loss == 0)
    #expect(gradient == [0, 0])
  }

  @Test func takesPooledLogits() {
    let flat = evaluate(SoftmaxCrossEntropy(), Tensor([2, 2], [1, 2, 3, 5]), [0, 1])
    let pooled = evaluate(SoftmaxCrossEntropy(), Tensor([2, 2, 1, 1], [1, 2, 3, 5]), [0, 1])
    #expect(flat == pooled)
  }

  @Test func softmaxSumsToOne() {
    let p = SoftmaxCrossEntropy.probabilities(of: [1, 2, 3] as [Float])
    #expect(abs(p.reduce(0, +) - 1) < 1e-6)
    #expect(abs(p[2] - 0.66524096) < 1e-6)
    #expect(SoftmaxCrossEntropy.probabilities(of: [1000, 1000] as [Float]) == [0.5, 0.5])
  }
}
