/// Fully connected layer: `Y = activation(X · Wᵀ + b)`, input `[F]`, output `[units]`.
public struct Dense: SequentialLayer {
  /// Neurons.
  public let units: Int
  /// What is done to each sum; softmax to all together.
  public let activation: ActivationFunction
  /// How the weights begin; biases begin at 0.
  public let initialization: Initialization
  /// `dense`
  public var kind: String { "dense" }

  /// A layer of so many neurons; Keras's initial weights, unless given.
  public init(
    _ units: Int, activation: ActivationFunction = .linear,
    initialization: Initialization = .glorot
  ) {
    self.units = units
    self.activation = activation
    self.initialization = initialization
  }

  /// A Gemm, and the activation.
  public func build(
    behind x: GraphBuilder.Value, named name: String, in net: inout GraphBuilder
  ) -> GraphBuilder.Value {
    let y = net.gemm(x, outputs: units, initialization: initialization, name: name)
    return net.activation(activation, y, named: "\(name).\(activation.rawValue)")
  }
}
