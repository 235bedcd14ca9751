public import GraftONNX
import GraftTensor

/// A network as a value: nodes in an order in which they can run, parameters, inputs, outputs.
///
/// The batch is free: shapes are asked for with ``shapes(batchSize:)``.
public struct Graph: Sendable {
  /// The name that the file gives, or the file itself.
  public var name: String
  /// The opset the network was read under; export may write another.
  public var opset: Int
  /// What a caller provides.
  public var inputs: [GraphInput]
  /// Names of the output values.
  public var outputs: [String]
  /// Sorted so that every value is produced before it is used.
  public var nodes: [Node]
  /// Constants by value name.
  public var parameters: [String: Parameter]
  /// `metadata_props` of the file, in order.
  public var metadata: [ONNXMetadataEntry]
  /// What a person should know about how the file was read, a sentence each.
  public var notes: [String] = []

  /// A graph of these parts, taken as they are.
  public init(
    name: String, opset: Int, inputs: [GraphInput], outputs: [String], nodes: [Node],
    parameters: [String: Parameter], metadata: [ONNXMetadataEntry] = []
  ) {
    self.name = name
    self.opset = opset
    self.inputs = inputs
    self.outputs = outputs
    self.nodes = nodes
    self.parameters = parameters
    self.metadata = metadata
  }

  /// Learned numbers, buffers not counted.
  public var parameterCount: Int {
    parameters.values.reduce(0) { $0 + ($1.role == .buffer ? 0 : $1.tensor.shape.elementCount) }
  }
}
