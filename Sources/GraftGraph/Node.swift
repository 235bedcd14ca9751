public import GraftTensor

/// One use of an operator in a graph.
public struct Node: Sendable {
  /// Unique in the graph, from the file where it gives one.
  public var name: String
  /// What the node computes.
  public var `operator`: any Operator
  /// Names of values: activations or parameters.
  public var inputs: [String]
  /// The names of the values that it makes.
  public var outputs: [String]

  /// A node; the graph it joins checks the names.
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
  /// The values.
  public var tensor: Tensor
  /// Weight, bias or scale: what an optimiser has to know.
  public var role: ParameterRole
  /// Does training change it? Never true of a buffer.
  public var isTrainable: Bool

  /// A weight of a network.
  public init(tensor: Tensor, role: ParameterRole, isTrainable: Bool) {
    self.tensor = tensor
    self.role = role
    self.isTrainable = isTrainable
  }
}

/// An input of the network, with its shape but for the batch: `[C, H, W]`.
public struct GraphInput: Hashable, Sendable {
  /// The name that nodes use.
  public var name: String
  /// The shape without the batch: `[3, 224, 224]`.
  public var imageShape: Shape

  /// An input for batches of any size.
  public init(name: String, imageShape: Shape) {
    self.name = name
    self.imageShape = imageShape
  }

  /// `[N, C, H, W]`
  public func shape(batchSize: Int) -> Shape { Shape([batchSize] + imageShape.dimensions) }
}
