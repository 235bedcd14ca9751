/// Everything in one row: input `[C, H, W]`, output `[C · H · W]`.
public struct Flatten: SequentialLayer {
  /// `flatten`
  public var kind: String { "flatten" }

  /// The layer.
  public init() {}

  /// A Flatten.
  public func build(
    behind x: GraphBuilder.Value, named name: String, in net: inout GraphBuilder
  ) -> GraphBuilder.Value {
    net.flatten(x, name: name)
  }
}

/// An activation as a layer of its own.
public struct Activation: SequentialLayer {
  /// What is done to each number; softmax to all together.
  public let function: ActivationFunction
  /// `activation`
  public var kind: String { "activation" }

  /// The layer of this function.
  public init(_ function: ActivationFunction) { self.function = function }

  /// One node; none for `linear`.
  public func build(
    behind x: GraphBuilder.Value, named name: String, in net: inout GraphBuilder
  ) -> GraphBuilder.Value {
    net.activation(function, x, named: name)
  }
}
