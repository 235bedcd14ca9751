/// A layer of a ``Sequential``: a few nodes of the graph.
public protocol SequentialLayer: Sendable {
  /// What the layer is called in a summary, and with a number in the file: `dense`.
  var kind: String { get }

  /// Adds the layer's nodes behind `x`, all named after the layer.
  func build(
    behind x: GraphBuilder.Value, named name: String, in net: inout GraphBuilder
  ) -> GraphBuilder.Value
}

/// What a layer does to its sums.
public enum ActivationFunction: String, Hashable, Sendable {
  /// Nothing.
  case linear
  /// `max(x, 0)`
  case relu
  /// `1 / (1 + e⁻ˣ)`
  case sigmoid
  /// `exp(xᵢ) / Σ exp(xⱼ)`: probabilities of classes.
  case softmax
  /// `(eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)`
  case tanh
}

extension GraphBuilder {
  /// The activation as a node of its own.
  mutating func activation(
    _ function: ActivationFunction, _ x: Value, named name: String
  ) -> Value {
    switch function {
    case .linear: x
    case .relu: relu(x, name: name)
    case .sigmoid: node("Sigmoid", [x], name: name)
    case .softmax: softmax(x, name: name)
    case .tanh: node("Tanh", [x], name: name)
    }
  }
}

/// Layers in the order of the lines between braces.
@resultBuilder public enum SequentialBuilder {
  /// One line.
  public static func buildExpression(_ layer: some SequentialLayer) -> [any SequentialLayer] {
    [layer]
  }
  /// All lines.
  public static func buildBlock(_ layers: [any SequentialLayer]...) -> [any SequentialLayer] {
    layers.flatMap { $0 }
  }
  /// `if` without `else`.
  public static func buildOptional(_ layers: [any SequentialLayer]?) -> [any SequentialLayer] {
    layers ?? []
  }
  /// `if` with `else`.
  public static func buildEither(first: [any SequentialLayer]) -> [any SequentialLayer] { first }
  /// `else`.
  public static func buildEither(second: [any SequentialLayer]) -> [any SequentialLayer] { second }
  /// `for`.
  public static func buildArray(_ layers: [[any SequentialLayer]]) -> [any SequentialLayer] {
    layers.flatMap { $0 }
  }
}
