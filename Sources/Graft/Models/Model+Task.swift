import Foundation
import GraftOperators

// What a model says of a photo: what its last activation makes of the numbers that the graph gives.

extension Model {
  /// What the model says, of what its graph gives for one photo: probabilities of the classes, which
  /// sum to 1; the probability of each label for itself; or values.
  func answers(of logits: [Float]) -> [Float] {
    switch task {
    case .classification: softmax(logits)
    case .multiLabel: logits.map { sigmoid($0) }
    case .regression: targetScale?.values(logits) ?? logits
    }
  }

  /// Takes over what the metadata say of the task, and sets the nodes aside that turn what the network
  /// gives into answers, so that a model of graft's is the same network again that was exported.
  mutating func adoptTask(_ metadata: GraftMetadata, place: String) throws(GraftError) {
    task = metadata.task
    guard task != .classification else { return }
    if task == .multiLabel { outputActivation = .sigmoid }
    if task == .regression {
      guard let scale = metadata.targets, scale.mean.count == classCount, scale.isWhole else {
        throw GraftError(
          "\(place): metadata '\(GraftMetadata.Key.targets)' does not say the scale of "
            + "\(classCount) values")
      }
      targetScale = scale
    }
    graph = graph.withoutAnswerNodes()
  }
}

/// `1 / (1 + e⁻ᶻ)`, without overflow.
func sigmoid(_ z: Float) -> Float {
  let e = Foundation.exp(-abs(Double(z)))
  return Float((z < 0 ? e : 1) / (1 + e))
}

extension Graph {
  /// Names of the nodes and constants that turn outputs into answers begin with this.
  private static let answerPrefix = "graft.answer."

  /// The same network ending in what the model says.
  func endingInAnswers(_ task: LearningTask, _ scale: TargetScale?) throws(GraphError) -> Graph {
    switch task {
    case .classification: return try endingInProbabilities()
    case .multiLabel:
      return appendingAnswer("sigmoid", try standardOperator("Sigmoid"))
    case .regression:
      guard let scale else { return self }
      return appendingAnswer("scale", try standardOperator("Mul"), scale.deviation)
        .appendingAnswer("shift", try standardOperator("Add"), scale.mean)
    }
  }

  private func appendingAnswer(
    _ name: String, _ operator: any Operator, _ constant: [Float]? = nil
  ) -> Graph {
    var graph = self
    let name = Self.answerPrefix + name
    var inputs = [outputs[0]]
    if let constant {
      inputs.append(name + ".constant")
      graph.parameters[inputs[1]] = Parameter(
        tensor: Tensor([1, constant.count], constant), role: .buffer, isTrainable: false)
    }
    graph.nodes.append(
      Node(name: name, operator: `operator`, inputs: inputs, outputs: [name + ".output"]))
    graph.outputs = [name + ".output"]
    return graph
  }

  /// The same network without the nodes that ``endingInAnswers(_:_:)`` added, where it has any.
  fileprivate func withoutAnswerNodes() -> Graph {
    var graph = self
    while let node = graph.nodes.last, node.name.hasPrefix(Self.answerPrefix) {
      graph.outputs[0] = node.inputs[0]
      for name in node.inputs.dropFirst() { graph.parameters[name] = nil }
      graph.nodes.removeLast()
    }
    return graph
  }
}
