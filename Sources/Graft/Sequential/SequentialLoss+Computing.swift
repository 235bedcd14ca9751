#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

extension SequentialLoss {
  /// The loss as the trainer sees it: on the outputs of ``withoutActivation(_:)``.
  var rule: any Loss {
    switch self {
    case .categoricalCrossentropy, .sparseCategoricalCrossentropy: SoftmaxCrossEntropy()
    case .binaryCrossentropy: MeanOverOutputs(term: Self.sigmoidCrossEntropy)
    case .meanSquaredError: MeanOverOutputs(term: Self.square)
    }
  }

  /// The network without the activation at its end that the loss computes itself, from the sums
  /// before it: `log(softmax(z))` is exact there, where `softmax(z)` may have become 0.
  ///
  /// - Throws: where the network does not end as the loss needs it.
  func withoutActivation(_ graph: Graph) throws(GraftError) -> Graph {
    let (opType, activation): (String, ActivationFunction)
    switch self {
    case .meanSquaredError: return graph
    case .binaryCrossentropy: (opType, activation) = ("Sigmoid", .sigmoid)
    case .categoricalCrossentropy, .sparseCategoricalCrossentropy:
      (opType, activation) = ("Softmax", .softmax)
    }
    guard let last = graph.nodes.last, last.opType == opType, last.outputs == graph.outputs else {
      throw GraftError(
        "\(self) needs a network that ends in \(activation.rawValue)", kind: .usage,
        hints: ["Give the last layer activation: .\(activation.rawValue)"])
    }
    var graph = graph
    graph.nodes.removeLast()
    graph.outputs = [last.inputs[0]]
    return graph
  }

  /// `max(z, 0) − z·t + log(1 + e^−|z|)`, and `sigmoid(z) − t`.
  private static let sigmoidCrossEntropy: MeanOverOutputs.Term = { z, t in
    let small = exp(-abs(z))
    let probability = z >= 0 ? 1 / (1 + small) : small / (1 + small)
    return (max(z, 0) - z * t + log1p(small), probability - t)
  }

  /// `(z − t)²`, and `2 (z − t)`.
  private static let square: MeanOverOutputs.Term = { z, t in ((z - t) * (z - t), 2 * (z - t)) }
}

/// The mean over rows and outputs of one term for each output, as Keras takes it.
private struct MeanOverOutputs: Loss {
  /// The loss of one output and its target, and its derivative by the output.
  typealias Term = @Sendable (_ z: Double, _ t: Double) -> (loss: Double, slope: Double)

  let term: Term

  func evaluate(
    _ outputs: TensorView, targets: TensorView, total: Double, gradient: MutableTensorView?
  ) -> Double {
    let scale = 1 / (total * Double(outputs.shape.elementCountPerImage))
    var sum = 0.0
    for i in 0..<outputs.count {
      let (loss, slope) = term(Double(outputs.base[i]), Double(targets.base[i]))
      sum += loss
      gradient?.base[i] = Float(scale * slope)
    }
    return sum * scale
  }
}
