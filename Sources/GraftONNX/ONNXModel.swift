/// An ONNX file as Swift values: `ModelProto` of the ONNX IR specification.
///
/// Nothing here interprets the network; names and numbers are as the file has them. Strings that
/// were not UTF-8 have been refused by the reader.
public struct ONNXModel: Sendable {
  /// Version of the file format, 3 to today's.
  public var irVersion: Int
  /// Operator sets by domain; `""` is the standard domain, also written `ai.onnx`.
  public var opsets: [String: Int]
  /// The tool that wrote the file.
  public var producerName = ""
  /// Its version, in its own words.
  public var producerVersion = ""
  /// A namespace for the model, such as `com.example`.
  public var domain = ""
  /// The author's count of versions.
  public var modelVersion = 0
  /// `doc_string`.
  public var documentation = ""
  /// `metadata_props`, in file order.
  public var metadata: [ONNXMetadataEntry] = []
  /// The network.
  public var graph: ONNXGraph

  /// A model without metadata.
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
  /// Such as `graft.labels`.
  public var key: String
  /// Any text.
  public var value: String

  /// An entry.
  public init(key: String, value: String) {
    self.key = key
    self.value = value
  }
}

/// `GraphProto`: nodes, weights, inputs and outputs.
public struct ONNXGraph: Sendable {
  /// Required by ONNX, otherwise without meaning.
  public var name: String
  /// In topological order, if the file keeps ONNX's rule.
  public var nodes: [ONNXNode] = []
  /// The weights, by name.
  public var initializers: [ONNXTensor] = []
  /// In old files (IR 3) these list the initializers too.
  public var inputs: [ONNXValueInfo] = []
  /// What the network computes.
  public var outputs: [ONNXValueInfo] = []
  /// Types of inner values, where the exporter noted them.
  public var valueInfos: [ONNXValueInfo] = []

  /// An empty graph.
  public init(name: String) { self.name = name }
}

/// `ValueInfoProto`: the name and tensor type of a value.
public struct ONNXValueInfo: Hashable, Sendable {
  /// The value's name.
  public var name: String
  /// Nil where the file gives none, or gives a type that is no tensor.
  public var elementType: ONNXElementType?
  /// Nil where the rank is not known.
  public var dimensions: [ONNXDimension]?

  /// A value's name and type.
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
