public import GraftTensor

/// One use of an operator in a graph.
public struct Node: Sendable {
  /// Unique in the graph, from the file where it gives one.
  public var name: String
  public var `operator`: any Operator
  /// Names of values: activations or parameters.
  public var inputs: [String]
  public var outputs: [String]

  public init(name: String, operator: any Operator, inputs: [String], outputs: [String]) {
    self.name = name
    self.operator = `operator`
    self.inputs = inputs
    self.outputs = outputs
  }

  /// The ONNX `op_type`.
  public var opType: String { type(of: `operator`).opType }
}

/// A constant of the network: weights that may learn, or a buffer.
public struct Parameter: Sendable {
  public var tensor: Tensor
  public var role: ParameterRole
  /// Does training change it? Never true of a buffer.
  public var isTrainable: Bool

  public init(tensor: Tensor, role: ParameterRole, isTrainable: Bool) {
    self.tensor = tensor
    self.role = role
    self.isTrainable = isTrainable
  }
}

/// An input of the network, with its shape but for the batch: `[C, H, W]`.
public struct GraphInput: Hashable, Sendable {
  public var name: String
  public var imageShape: Shape

  public init(name: String, imageShape: Shape) {
    self.name = name
    self.imageShape = imageShape
  }

  /// `[N, C, H, W]`
  public func shape(batchSize: Int) -> Shape { Shape([batchSize] + imageShape.dimensions) }
}
