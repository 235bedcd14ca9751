/// `NodeProto`: one use of an operator.
public struct ONNXNode: Sendable {
  public var name: String
  public var opType: String
  /// `""` for the standard domain.
  public var domain: String
  /// Names of values; `""` for an optional input that is left out.
  public var inputs: [String]
  public var outputs: [String]
  public var attributes: [ONNXAttribute]

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

  public var name: String
  public var value: Value

  public init(name: String, value: Value) {
    self.name = name
    self.value = value
  }
}
