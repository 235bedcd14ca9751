/// An ONNX file as Swift values: `ModelProto` of the ONNX IR specification.
///
/// Nothing here interprets the network; names and numbers are as the file has them. Strings that
/// were not UTF-8 have been refused by the reader.
public struct ONNXModel: Sendable {
  /// Version of the file format, 3 to today's.
  public var irVersion: Int
  /// Operator sets by domain; `""` is the standard domain, also written `ai.onnx`.
  public var opsets: [String: Int]
  public var producerName = ""
  public var producerVersion = ""
  public var domain = ""
  public var modelVersion = 0
  public var documentation = ""
  /// `metadata_props`, in file order.
  public var metadata: [ONNXMetadataEntry] = []
  public var graph: ONNXGraph

  public init(irVersion: Int, opsets: [String: Int], graph: ONNXGraph) {
    self.irVersion = irVersion
    self.opsets = opsets
    self.graph = graph
  }

  /// The value of the first metadata entry of that key.
  public func metadataValue(_ key: String) -> String? {
    metadata.first { $0.key == key }?.value
  }
}

/// One key and value of `metadata_props`.
public struct ONNXMetadataEntry: Hashable, Sendable {
  public var key: String
  public var value: String

  public init(key: String, value: String) {
    self.key = key
    self.value = value
  }
}

/// `GraphProto`: nodes, weights, inputs and outputs.
public struct ONNXGraph: Sendable {
  public var name: String
  public var nodes: [ONNXNode] = []
  public var initializers: [ONNXTensor] = []
  /// In old files (IR 3) these list the initializers too.
  public var inputs: [ONNXValueInfo] = []
  public var outputs: [ONNXValueInfo] = []
  /// Types of inner values, where the exporter noted them.
  public var valueInfos: [ONNXValueInfo] = []

  public init(name: String) { self.name = name }
}

/// `ValueInfoProto`: the name and tensor type of a value.
public struct ONNXValueInfo: Hashable, Sendable {
  public var name: String
  /// Nil where the file gives none, or gives a type that is no tensor.
  public var elementType: ONNXElementType?
  /// Nil where the rank is not known.
  public var dimensions: [ONNXDimension]?

  public init(name: String, elementType: ONNXElementType?, dimensions: [ONNXDimension]?) {
    self.name = name
    self.elementType = elementType
    self.dimensions = dimensions
  }
}

/// One extent of a value: a number, a name such as `batch`, or not said.
public enum ONNXDimension: Hashable, Sendable {
  case fixed(Int)
  case symbolic(String)
  case unknown
}
