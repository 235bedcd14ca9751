/// `NodeProto`: one use of an operator.
public struct ONNXNode: Sendable {
  /// May be empty, and need not be unique.
  public var name: String
  /// The operator, such as `Conv`.
  public var opType: String
  /// `""` for the standard domain.
  public var domain: String
  /// Names of values; `""` for an optional input that is left out.
  public var inputs: [String]
  /// Names of values that this node makes.
  public var outputs: [String]
  /// In file order.
  public var attributes: [ONNXAttribute]

  /// A node; the standard domain unless said otherwise.
  public init(
    name: String, opType: String, domain: String = "", inputs: [String], outputs: [String],
    attributes: [ONNXAttribute] = []
  ) {
    self.name = name
    self.opType = opType
    self.domain = domain
    self.inputs = inputs
    self.outputs = outputs
    self.attributes = attributes
  }
}

/// `AttributeProto`: a named constant of a node.
public struct ONNXAttribute: Sendable {
  /// The kinds of constants.
  public enum Value: Sendable {
    case float(Float)
    case int(Int)
    case string(String)
    case tensor(ONNXTensor)
    case floats([Float])
    case ints([Int])
    case strings([String])
    /// A kind that no classifier needs (graphs, sparse tensors, types …), by its name.
    case other(kind: String)
  }

  /// Such as `kernel_shape`.
  public var name: String
  /// The constant itself.
  public var value: Value

  /// An attribute.
  public init(name: String, value: Value) {
    self.name = name
    self.value = value
  }
}
