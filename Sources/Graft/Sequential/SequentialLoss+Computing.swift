extension SequentialLoss {
  /// The loss as the trainer sees it: on the outputs of ``withoutActivation(_:)``.
  var rule: any Loss {
    switch self {
    case .categoricalCrossentropy, .sparseCategoricalCrossentropy: SoftmaxCrossEntropy()
    case .binaryCrossentropy: SigmoidCrossEntropy()
    case .meanSquaredError: MeanSquaredError()
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
}
