public import GraftONNX

/// What an operator writes about itself for export: attributes, and constants that become inputs
/// after those of the data flow, as the target opset wants them.
public struct NodeEncoder {
  /// A constant input, in the order of the operator's inputs.
  public enum ConstantInput: Hashable, Sendable {
    case absent
    /// A vector of type int64.
    case ints([Int])
    /// A tensor of type int64.
    case integers(IntegerTensor)
    /// A scalar of type int64, such as the one index of Gather that removes its axis.
    case int(Int)
    /// A scalar.
    case float(Float)
    /// A scalar of type bool.
    case bool(Bool)
  }

  /// The opset that is being written.
  public let opset: Int
  /// The attributes set so far.
  public private(set) var attributes: [ONNXAttribute] = []
  /// The inputs that are constants, added so far.
  public private(set) var constantInputs: [ConstantInput] = []
  /// Why this opset cannot hold the node; empty where it can.
  public private(set) var obstacles: [String] = []

  /// A node for a file of this opset, with nothing set.
  public init(opset: Int) { self.opset = opset }

  /// Sets an attribute.
  public mutating func set(_ name: String, _ value: Int) { append(name, .int(value)) }
  /// Sets an attribute.
  public mutating func set(_ name: String, _ value: [Int]) { append(name, .ints(value)) }
  /// Sets an attribute.
  public mutating func set(_ name: String, _ value: Float) { append(name, .float(value)) }
  /// Sets an attribute.
  public mutating func set(_ name: String, _ value: [Float]) { append(name, .floats(value)) }
  /// Sets an attribute.
  public mutating func set(_ name: String, _ value: String) { append(name, .string(value)) }

  /// Says that something of the node exists from this opset on: an older file cannot hold it.
  public mutating func require(opset needed: Int, for feature: String) {
    if opset < needed { obstacles.append("\(feature) came with opset \(needed)") }
  }

  /// Says that something of the node was given up by this opset: a newer file cannot hold it.
  public mutating func require(opsetBelow limit: Int, for feature: String) {
    if opset >= limit { obstacles.append("\(feature) went with opset \(limit)") }
  }

  /// Adds a constant as the next input.
  public mutating func appendInput(_ constant: ConstantInput) { constantInputs.append(constant) }

  private mutating func append(_ name: String, _ value: ONNXAttribute.Value) {
    attributes.append(ONNXAttribute(name: name, value: value))
  }
}
