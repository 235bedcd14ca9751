/// What of a model's head was just drawn at random.
enum FreshHead: Hashable, Sendable {
  /// The network's own last layer, for other classes.
  case lastLayer
  /// All of it.
  case whole(Head)
}

extension Model {
  /// The same model with a fresh head for other classes, or for labels or values.
  ///
  /// - Parameters:
  ///   - head: what is grafted; nil, or `linear` without a cut, takes the place of the network's last
  ///     layer and leaves what is around it.
  ///   - cut: the node behind which the network is cut: see ``Graph/cuts()``. Nil cuts where the
  ///     last layer begins. A map of features is averaged over its pixels.
  /// - Throws: ``GraftError`` where the network cannot be cut there.
  public func replacingHead(
    classes: [String], head: Head? = nil, cut: String? = nil, seed: UInt64 = 1,
    task: LearningTask = .classification
  ) throws(GraftError) -> Model {
    guard classes.count >= (task == .classification ? 2 : 1) else {
      throw GraftError("a classifier needs at least two classes; there are \(classes.count)")
    }
    guard head != .cosine || task != .regression else {
      throw GraftError(
        "a cosine head tells classes apart; numbers need linear or mlp:512", kind: .usage)
    }
    var model = self
    if cut == nil, head == nil || head == .linear {
      model.graph = try lifting {
        () throws(GraphError) in try graph.replacingHead(classes: classes.count, seed: seed)
      }
      model.freshHead = .lastLayer
    } else {
      let head = head ?? .linear
      model.graph = try lifting { () throws(GraphError) in
        let value =
          if let cut { try graph.cut(behind: cut).value } else { try graph.headCut().features }
        return try graph.endingInNewHead(
          head, behind: value, classes: classes.count, seed: seed)
      }
      model.head = head
      model.freshHead = .whole(head)
    }
    model.labels = classes
    model.task = task
    model.targetScale = task == .regression ? TargetScale(identityOf: classes.count) : nil
    model.card = nil
    return model
  }

  /// Was the whole head just grafted, not only its last layer?
  public var isHeadWhole: Bool {
    if case .whole = freshHead { true } else { false }
  }

  /// The value at which the head begins: the features that fine-tuning keeps.
  ///
  /// - Throws: where the network has no head.
  package func headFeatures() throws(GraphError) -> String {
    var value = try graph.headCut().features
    switch head {
    case .mlp(let sizes):
      for _ in sizes { value = graph.inputOfLayer(making: value) ?? value }
    case .cosine:
      if let node = graph.nodes.first(where: { $0.outputs.contains(value) }),
        node.opType == "LpNormalization"
      {
        value = node.inputs[0]
      }
    case .linear, nil: break
    }
    return value
  }

  /// The layers of the network, all of a grafted head counted as one, the last.
  package func layersWithHead() throws(GraphError) -> [Layer] {
    let layers = try graph.layers()
    let features = try headFeatures()
    guard head != nil, var whole = layers.last,
      let first = graph.nodes.firstIndex(where: { $0.inputs.contains(features) })
    else { return layers }
    let shape = try graph.shapes(batchSize: 1)[features] ?? []
    var below = layers.filter { $0.nodes.lowerBound < first }
    if !below.isEmpty {
      let end = below.count - 1
      below[end].nodes = below[end].nodes.lowerBound..<first
    }
    whole.nodes = first..<whole.nodes.upperBound
    whole.input = features
    whole.inputShape = Shape(Array(shape.dimensions.dropFirst()))
    return below + [whole]
  }
}

extension Graph {
  /// Walks back from a value over what has no weights to the layer before, and to what enters that.
  fileprivate func inputOfLayer(making value: String) -> String? {
    var value = value
    while let node = nodes.first(where: { $0.outputs.contains(value) }) {
      value = node.inputs[0]
      if node.inputs.contains(where: { parameters[$0]?.role == .weight }) { return value }
    }
    return nil
  }
}
