/// What a ``Sequential`` makes small.
public enum SequentialLoss: Hashable, Sendable {
  /// Cross-entropy with one-hot targets `[N, K]`, of a network that ends in softmax.
  case categoricalCrossentropy
  /// The same with labels `[N]` or `[N, 1]`: 0, 1, 2 …
  case sparseCategoricalCrossentropy
  /// Cross-entropy with targets 0 and 1, `[N, K]`, of a network that ends in sigmoid.
  case binaryCrossentropy
  /// Mean of the squares of the differences, targets `[N, K]`.
  case meanSquaredError
}

/// What is measured besides the loss.
public enum SequentialMetric: Hashable, Sendable {
  /// How often the largest output is where the largest target is; of networks with two outputs or
  /// more.
  case accuracy
}

/// The rule by which a ``Sequential`` learns; Keras's numbers, unless given.
public enum SequentialOptimizer: Hashable, Sendable {
  /// Descent along the gradient, with momentum where it is asked for.
  case sgd(learningRate: Float = 0.01, momentum: Float = 0, nesterov: Bool = false)
  /// Steps of about the same size for every weight.
  case adam(learningRate: Float = 0.001)
  /// Gradients divided by their recent size.
  case rmsprop(learningRate: Float = 0.001)

  var learningRate: Float {
    switch self {
    case .sgd(let rate, _, _), .adam(let rate), .rmsprop(let rate): rate
    }
  }

  var rule: any Optimizer {
    switch self {
    case .sgd(_, let momentum, let isNesterov): SGD(momentum: momentum, isNesterov: isNesterov)
    case .adam: Adam()
    case .rmsprop: RMSprop(decay: 0.9)
    }
  }
}
