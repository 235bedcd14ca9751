public import GraftONNX

/// What an operator writes about itself for export: attributes, and constants that become inputs
/// after those of the data flow, as the target opset wants them.
public struct NodeEncoder {
  /// A constant input, in the order of the operator's inputs.
  public enum ConstantInput: Hashable, Sendable {
    case absent
    /// A vector of type int64.
    case ints([Int])
    /// A scalar of type int64, such as the one index of Gather that removes its axis.
    case int(Int)
    /// A scalar.
    case float(Float)
    /// A scalar of type bool.
    case bool(Bool)
  }

  /// The opset that is being written.
  public let opset: Int
  public private(set) var attributes: [ONNXAttribute] = []
  public private(set) var constantInputs: [ConstantInput] = []

  /// What the opset cannot say of this node; nil where it can say everything.
  public private(set) var refusal: String?

  public init(opset: Int) { self.opset = opset }

  /// Refuses to write what came with a later opset, such as `steps` of Slice with 10.
  public mutating func require(opset needed: Int, for what: String) {
    guard opset < needed, refusal == nil else { return }
    refusal = "\(what) came with opset \(needed)"
  }

  public mutating func set(_ name: String, _ value: Int) { append(name, .int(value)) }
  public mutating func set(_ name: String, _ value: [Int]) { append(name, .ints(value)) }
  public mutating func set(_ name: String, _ value: Float) { append(name, .float(value)) }
  public mutating func set(_ name: String, _ value: [Float]) { append(name, .floats(value)) }
  public mutating func set(_ name: String, _ value: String) { append(name, .string(value)) }

  /// Adds a constant as the next input.
  public mutating func appendInput(_ constant: ConstantInput) { constantInputs.append(constant) }

  private mutating func append(_ name: String, _ value: ONNXAttribute.Value) {
    attributes.append(ONNXAttribute(name: name, value: value))
  }
}
