/// Random zeros while training, the rest scaled up; nothing otherwise.
///
/// Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting",
/// JMLR 2014.
public struct Dropout: SequentialLayer {
  /// The probability of a zero, at least 0 and less than 1.
  public let rate: Float
  /// `dropout`
  public var kind: String { "dropout" }

  /// The layer of this rate.
  public init(_ rate: Float) { self.rate = rate }

  /// A Dropout.
  public func build(
    behind x: GraphBuilder.Value, named name: String, in net: inout GraphBuilder
  ) -> GraphBuilder.Value {
    net.dropout(x, ratio: rate, name: name)
  }
}

/// Each channel to mean 0 and variance 1, then to a learned scale and offset: by the statistics of the
/// batch while training, by running ones otherwise.
///
/// Source: Ioffe, Szegedy, "Batch normalization", ICML 2015.
public struct BatchNormalization: SequentialLayer {
  /// How much of the running statistics is kept at each step.
  public let momentum: Float
  /// Keeps the divisor above zero.
  public let epsilon: Float
  /// `batch_normalization`
  public var kind: String { "batch_normalization" }

  /// Keras's numbers, unless given.
  public init(momentum: Float = 0.99, epsilon: Float = 1e-3) {
    self.momentum = momentum
    self.epsilon = epsilon
  }

  /// A BatchNormalization.
  public func build(
    behind x: GraphBuilder.Value, named name: String, in net: inout GraphBuilder
  ) -> GraphBuilder.Value {
    net.batchNorm(x, epsilon: epsilon, momentum: momentum, name: name)
  }
}
