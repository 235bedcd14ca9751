import GraftOperators

// The arithmetic of the preprocessing as the first nodes of the graph, so that whoever uses the
// file only has to bring RGB pixels 0…255: x ↦ (x · scale - mean) / std, for BGR networks after a
// swap of channels.

extension Graph {
  /// Names of the nodes that do the arithmetic begin with this.
  static let normalizationPrefix = "graft.input."

  /// The same network with the preprocessing's arithmetic as its first nodes.
  func normalizingInput(_ preprocessing: Preprocessing) throws(GraphError) -> Graph {
    var graph = self
    let input = inputs[0].name
    var last = Self.normalizationPrefix + "pixels"
    graph.inputs[0].name = last
    var nodes: [Node] = []
    func append(_ name: String, _ operator: any Operator, _ constants: [String], output: String) {
      nodes.append(
        Node(
          name: Self.normalizationPrefix + name, operator: `operator`, inputs: [last] + constants,
          outputs: [output]))
      last = output
    }
    if preprocessing.channels == .bgr {
      append(
        "bgr", Gather(axis: 1, indices: [2, 1, 0]), [], output: Self.normalizationPrefix + "swapped"
      )
    }
    // (x · scale - mean) / std = (x - mean/scale) / (std/scale)
    for (name, values) in [
      ("mean", preprocessing.mean.map { Float($0 / preprocessing.scale) }),
      ("std", preprocessing.std.map { Float($0 / preprocessing.scale) }),
    ] {
      let constant = Self.normalizationPrefix + name
      graph.parameters[constant] = Parameter(
        tensor: Tensor([1, 3, 1, 1], values), role: .buffer, isTrainable: false)
      let isLast = name == "std"
      append(
        name == "mean" ? "subtract" : "divide", try standardOperator(isLast ? "Div" : "Sub"),
        [constant],
        output: isLast ? input : Self.normalizationPrefix + "centred")
    }
    graph.nodes = nodes + graph.nodes
    return graph
  }

  /// The same network without the nodes that ``normalizingInput(_:)`` added; nil where it has none.
  func withoutNormalization() -> Graph? {
    let added = nodes.prefix { $0.name.hasPrefix(Self.normalizationPrefix) }
    guard let last = added.last, let output = last.outputs.first else { return nil }
    var graph = self
    graph.nodes.removeFirst(added.count)
    graph.inputs[0].name = output
    for name in added.flatMap(\.inputs) { graph.parameters[name] = nil }
    return graph
  }
}

extension Model {
  /// Takes the arithmetic back out of the graph, so that a model of graft's is the same network
  /// again that was exported: same weights, same cached features.
  mutating func removeNormalizationNodes(
    _ normalization: Preprocessing, place: String
  ) throws(GraftError) {
    guard let stripped = graph.withoutNormalization() else {
      throw GraftError(
        "\(place): metadata '\(GraftMetadata.Key.normalization)' speaks of nodes that are not "
          + "there; the file was changed after graft wrote it")
    }
    graph = stripped
    preprocessing = normalization
  }
}

/// An operator of the registry, as if a file had it: how the library adds nodes of its own.
func standardOperator(
  _ opType: String, _ attributes: [String: ONNXAttribute.Value] = [:]
) throws(GraphError) -> any Operator {
  let decoder = NodeDecoder(
    opType: opType, opset: supportedOpsets.upperBound, attributes: attributes,
    inputs: [.activation([2, 2])])
  guard let type = OperatorRegistry.standard[opType] as? any Operator.Type else {
    throw GraphError("operator \(opType) is missing from the registry")
  }
  do throws(ONNXError) {
    return try type.init(decoding: decoder)
  } catch {
    throw GraphError("operator \(opType): \(error.message)")
  }
}
