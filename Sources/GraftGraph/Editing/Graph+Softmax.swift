/// The function at the end of a classifier that turns logits into probabilities.
public enum OutputActivation: String, Hashable, Sendable, Codable {
  case none
  case softmax
  case logSoftmax
  /// Of each output for itself; where graft wrote it, set aside too.
  case sigmoid
}

extension Graph {
  /// What the first output ends with.
  public var outputActivation: OutputActivation {
    guard let node = outputNode else { return .none }
    switch node.opType {
    case "Softmax": return .softmax
    case "LogSoftmax": return .logSoftmax
    default: return .none
    }
  }

  /// The same network ending in logits: a final Softmax or LogSoftmax is set aside, because the
  /// loss works on logits.
  public func endingInLogits() -> Graph {
    guard outputActivation != .none, let node = outputNode else { return self }
    var graph = self
    let (logits, probabilities) = (node.inputs[0], node.outputs[0])
    func renamed(_ name: String) -> String { name == probabilities ? logits : name }
    graph.outputs[0] = renamed(graph.outputs[0])
    graph.nodes = graph.nodes.map { reader in
      var reader = reader
      reader.inputs = reader.inputs.map(renamed)
      return reader
    }
    graph.removeUnused()
    return graph
  }

  /// The node that computes the output, past those that only pass it on.
  private var outputNode: Node? {
    guard var value = outputs.first else { return nil }
    while let node = nodes.last(where: { $0.outputs.contains(value) }) {
      guard Self.passingOn.contains(node.opType) else { return node }
      value = node.inputs[0]
    }
    return nil
  }

  private static let passingOn: Set = ["Dropout", "Flatten", "Identity", "Reshape", "Squeeze"]
}
