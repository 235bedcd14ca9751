public import GraftTensor

/// A stretch of a network with weights of its own: one convolution of a plain network, one block of
/// a network of blocks.
///
/// Everything passes through the one value that enters it, so the network can be cut there.
public struct Layer: Hashable, Sendable {
  /// Its nodes, as indices of ``Graph/nodes``.
  public var nodes: Range<Int>
  /// The value that enters it.
  public var input: String
  /// The shape of that value for one image, without the batch.
  public var inputShape: Shape
  /// Pixels that the last of its convolutions computes for an image; nil where it has none.
  public var pixels: Int?
}

extension Graph {
  /// The layers in the order in which they run; the last is the head.
  ///
  /// A layer begins at a value through which everything passes and behind which weights follow;
  /// normalisation, activation and pooling belong to the layer before them.
  public func layers() throws(GraphError) -> [Layer] {
    let shapes = try shapes(batchSize: 1)
    var layers: [Layer] = []
    let passages = passages()
    for (place, passage) in passages.enumerated() {
      let end = place + 1 < passages.count ? passages[place + 1].nextNode : nodes.count
      let range = passage.nextNode..<end
      let weighty = range.filter { hasWeights(nodes[$0]) }
      guard !weighty.isEmpty || layers.isEmpty else {
        layers[layers.count - 1].nodes = layers[layers.count - 1].nodes.lowerBound..<end
        continue
      }
      let pixels = weighty.compactMap { index -> Int? in
        guard let shape = shapes[nodes[index].outputs[0]], shape.rank == 4 else { return nil }
        return shape[2] * shape[3]
      }
      layers.append(
        Layer(
          nodes: range, input: passage.value,
          inputShape: Shape(Array((shapes[passage.value] ?? []).dimensions.dropFirst())),
          pixels: pixels.last))
    }
    // What precedes the first weights, such as the normalisation of pixels, is no layer.
    if layers.count > 1, !layers[0].nodes.contains(where: { hasWeights(nodes[$0]) }) {
      layers.removeFirst()
    }
    return layers
  }

  /// For each parameter, how many layers lie between its own and the output.
  public var layersFromOutput: [String: Int] {
    guard let layers = try? layers() else { return [:] }
    var distances: [String: Int] = [:]
    for (place, layer) in layers.enumerated() {
      for node in nodes[layer.nodes] {
        for name in node.inputs where parameters[name] != nil {
          distances[name] = layers.count - 1 - place
        }
      }
    }
    return distances
  }

  private func hasWeights(_ node: Node) -> Bool {
    node.inputs.contains { parameters[$0]?.role == .weight }
  }

  /// The values through which everything passes, with the first node that runs after each.
  func passages() -> [(value: String, nextNode: Int)] {
    var lastUse: [String: Int] = [:]
    for (index, node) in nodes.enumerated() {
      for name in node.inputs where parameters[name] == nil { lastUse[name] = index }
    }
    for name in outputs { lastUse[name] = nodes.count }
    var live: Set<String> = Set(inputs.map(\.name).filter { lastUse[$0] != nil })
    var passages: [(value: String, nextNode: Int)] = []
    if live.count == 1, let value = live.first { passages.append((value, 0)) }
    for (index, node) in nodes.enumerated() {
      live.formUnion(node.outputs.filter { lastUse[$0] != nil })
      live = live.filter { lastUse[$0, default: -1] > index }
      if live.count == 1, let value = live.first, index + 1 < nodes.count {
        passages.append((value, index + 1))
      }
    }
    return passages
  }
}
