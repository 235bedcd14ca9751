/// The function at the end of a classifier that turns logits into probabilities.
public enum OutputActivation: String, Hashable, Sendable, Codable {
  case none
  case softmax
  case logSoftmax
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
    graph.outputs[0] = node.inputs[0]
    graph.removeUnused()
    return graph
  }

  private var outputNode: Node? {
    guard let output = outputs.first else { return nil }
    return nodes.last { $0.outputs.contains(output) }
  }
}
