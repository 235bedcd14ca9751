/// What `graft inspect` shows, as a value.
public struct ModelSummary: Sendable, Encodable {
  public struct Layer: Sendable, Encodable {
    public var name: String
    public var opType: String
    /// For one photo.
    public var outputShape: [Int]
    public var parameters: Int
    /// Operations for one photo, multiplications and additions counted one each.
    public var flop: Int
  }

  public var name: String
  public var opset: Int
  public var inputShape: [Int]
  public var layers: [Layer]
  public var parameters: Int
  public var flop: Int
  public var head: String
  public var outputActivation: String
  public var preprocessing: Preprocessing
  public var preprocessingOrigin: String
  public var classes: Int
  public var labels: [String]?
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
      head = "\(cut.nodeName) (\(cut.opType)) on features \(cut.featureShape), \(cut.classes) classes"
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
          for: node.inputs.compactMap { shapes[$0] }, outputs: node.outputs.compactMap { shapes[$0] }))
    }
    return ModelSummary(
      name: name, opset: graph.opset, inputShape: graph.inputs[0].imageShape.dimensions,
      layers: layers, parameters: graph.parameterCount, flop: layers.reduce(0) { $0 + $1.flop },
      head: head, outputActivation: outputActivation.rawValue, preprocessing: preprocessing,
      preprocessingOrigin: preprocessingOrigin.name, classes: classCount, labels: labels,
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
    case .given: "given"
    case .convention: "convention"
    }
  }
}
