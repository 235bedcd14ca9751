/// What `graft inspect` shows, as a value.
public struct ModelSummary: Sendable, Encodable {
  /// One node of the graph.
  public struct Layer: Sendable, Encodable {
    /// The name of the node.
    public var name: String
    /// The ONNX operator.
    public var opType: String
    /// For one photo.
    public var outputShape: [Int]
    /// How many numbers the layer has learned.
    public var parameters: Int
    /// Operations for one photo, multiplications and additions counted one each.
    public var flop: Int
  }

  /// The name of the network.
  public var name: String
  /// The version of the ONNX operators.
  public var opset: Int
  /// Channels, height and width of a photo.
  public var inputShape: [Int]
  /// The nodes, in the order they run.
  public var layers: [Layer]
  /// How many numbers the network has learned.
  public var parameters: Int
  /// Floating-point operations for one photo.
  public var flop: Int
  /// The layer that fine-tuning replaces, for a person.
  public var head: String
  /// What is done to the logits, if anything.
  public var outputActivation: String
  /// What is done to a photo before the network.
  public var preprocessing: Preprocessing
  /// Where the preprocessing is known from, such as `file`.
  public var preprocessingOrigin: String
  /// What the outputs mean, where these are no classes: `multi-label` or `regression`.
  public var task: String?
  /// How many outputs there are.
  public var classes: Int
  /// The names of the classes, where they are known.
  public var labels: [String]?
  /// How the network was trained, where graft did it.
  public var card: TrainingCard?
}

extension Model {
  /// Layers, shapes, work, preprocessing, labels and card.
  public func summary() throws(GraftError) -> ModelSummary {
    let shapes: [String: Shape]
    let head: String
    do {
      shapes = try graph.shapes(batchSize: 1)
      let cut = try graph.headCut()
      head =
        (self.head.map { "\($0): " } ?? "")
        + "\(cut.nodeName) (\(cut.opType)) on features \(cut.featureShape), \(cut.classes) classes"
    } catch {
      throw GraftError(error)
    }
    var counted: Set<String> = []
    let layers = graph.nodes.map { node in
      let own = node.inputs.filter { counted.insert($0).inserted }.compactMap {
        graph.parameters[$0]
      }
      return ModelSummary.Layer(
        name: node.name, opType: node.opType,
        outputShape: shapes[node.outputs[0]]?.dimensions ?? [],
        parameters: own.reduce(0) {
          $0 + ($1.role == .buffer ? 0 : $1.tensor.shape.elementCount)
        },
        flop: node.operator.floatingPointOperations(
          for: node.inputs.compactMap { shapes[$0] },
          outputs: node.outputs.compactMap { shapes[$0] }))
    }
    return ModelSummary(
      name: name, opset: graph.opset, inputShape: graph.inputs[0].imageShape.dimensions,
      layers: layers, parameters: graph.parameterCount, flop: layers.reduce(0) { $0 + $1.flop },
      head: head, outputActivation: outputActivation.rawValue, preprocessing: preprocessing,
      preprocessingOrigin: preprocessingOrigin.name,
      task: task == .classification ? nil : task.rawValue, classes: classCount, labels: labels,
      card: card)
  }

  /// Bytes of all weights and buffers.
  public var parameterBytes: Int {
    graph.parameters.values.reduce(0) { $0 + 4 * $1.tensor.shape.elementCount }
  }
}

extension Model.PreprocessingOrigin {
  /// One word, with the record's name where there is one.
  var name: String {
    switch self {
    case .file: "file"
    case .record(let name, _): "record \(name)"
    case .network(let name): "torchvision's \(name)"
    case .given: "given"
    case .keras(let name): "keras \(name)"
    case .convention: "convention"
    }
  }
}
