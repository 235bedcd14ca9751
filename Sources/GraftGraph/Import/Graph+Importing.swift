public import GraftONNX
import GraftTensor

extension Graph {
  /// Reads a network from ONNX values: resolves operators, folds the shape arithmetic that
  /// exporters leave, frees the batch, drops what no output needs.
  ///
  /// - Throws: ``GraphError`` that names the node, tensor or operator; the caller adds the file.
  public init(
    importing model: ONNXModel, registry: OperatorRegistry, options: ImportOptions = .init()
  ) throws(GraphError) {
    var importer = try Importer(model, registry: registry, options: options)
    self = try importer.graph()
  }
}

/// The opsets of the standard domain that graft reads.
public let supportedOpsets = 3...28

/// One import: what is known of each value so far, and the nodes built so far.
struct Importer {
  /// The network of the file in floats and channels first.
  let source: ONNXGraph
  let model: ONNXModel
  let registry: OperatorRegistry
  let options: ImportOptions
  let opset: Int
  let notes: [String]

  var values: [String: KnownValue] = [:]
  /// Numbers that may still be computed from constants.
  var room = 0
  var inputs: [GraphInput] = []
  var nodes: [Node] = []
  var parameters: [String: Parameter] = [:]
  /// Names of nodes that are taken, with the number to try next behind each.
  var usedNames: [String: Int] = [:]
  /// Vectors that hold all numbers of another value in its order, with the name of that.
  var flattened: [String: String] = [:]
  /// Values that are another value under a second name.
  var aliases: [String: String] = [:]
  /// How often each value is read, outputs of the graph included.
  var readers: [String: Int] = [:]

  init(_ model: ONNXModel, registry: OperatorRegistry, options: ImportOptions) throws(GraphError) {
    self.model = model
    self.registry = registry
    self.options = options
    guard let opset = model.opsets[""] ?? model.opsets["ai.onnx"] else {
      throw GraphError("the file names no opset of the standard domain; it is no usable network")
    }
    guard supportedOpsets.contains(opset) else {
      throw GraphError(
        "the network uses opset \(opset); graft reads opsets \(supportedOpsets.lowerBound) to "
          + "\(supportedOpsets.upperBound). Convert it with onnx.version_converter")
    }
    self.opset = opset
    var notes: [String] = []
    let floats = try model.graph.dequantized(opset: opset, notes: &notes)
    source = floats.takingChannelsFirst(notes: &notes)
    self.notes = notes
  }

  mutating func graph() throws(GraphError) -> Graph {
    try importNodes()
    guard !inputs.isEmpty else { throw GraphError("the network has no input") }
    let outputs = try readOutputs()
    var graph = Graph(
      name: source.name, opset: opset, inputs: inputs, outputs: outputs, nodes: nodes,
      parameters: parameters, metadata: model.metadata)
    graph.notes = notes
    graph.removeUnused()
    try check(graph)
    return graph
  }

  /// Everything up to the outputs.
  mutating func importNodes() throws(GraphError) {
    try checkOperators()
    try readInitializers()
    try readInputs()
    let order = try sortedNodes()
    countReaders()
    for index in order { try importNode(source.nodes[index], index: index) }
  }

  private mutating func countReaders() {
    for node in source.nodes { for name in node.inputs { readers[name, default: 0] += 1 } }
    for output in source.outputs { readers[output.name, default: 0] += 1 }
  }
}

/// What the importer knows of a value. Everything is worked out for batches of 2 and of 3 images:
/// where the two differ, the value depends on the batch size.
enum KnownValue {
  case activation(forBatch2: Shape, forBatch3: Shape)
  case constant(forBatch2: Constant, forBatch3: Constant)
}

/// The batch sizes that stand for any.
enum ProbeBatch: Int, CaseIterable {
  case two = 2
  case three = 3
}

extension KnownValue {
  func foldingInput(_ batch: ProbeBatch) -> FoldingInput {
    switch self {
    case .activation(let two, let three): .activation(batch == .two ? two : three)
    case .constant(let two, let three): .constant(batch == .two ? two : three)
    }
  }

  var decodedInput: DecodedInput {
    switch self {
    case .activation(let two, _): .activation(two)
    case .constant(.floats(let tensor), _): .floats(tensor)
    case .constant(.integers(let two), .integers(let three)):
      .integers(forBatch2: two, forBatch3: three)
    case .constant(.integers(let two), .floats):
      .integers(forBatch2: two, forBatch3: two)
    }
  }

  func shape(_ batch: ProbeBatch) -> Shape {
    switch foldingInput(batch) {
    case .activation(let shape): shape
    case .constant(.floats(let tensor)): tensor.shape
    case .constant(.integers(let tensor)): Shape(tensor.dimensions)
    case .absent: []
    }
  }

  var isActivation: Bool {
    if case .activation = self { true } else { false }
  }

  /// Floats that differ with the batch size: nothing that runs can take them as weights.
  var isFloatsOfTheBatch: Bool {
    guard case .constant(.floats(let two), .floats(let three)) = self,
      two.unsafeView.base != three.unsafeView.base
    else { return false }
    return two != three
  }
}
