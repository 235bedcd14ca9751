extension Graph {
  /// Drops nodes and parameters that no output needs, and names of outputs that nobody reads.
  mutating func removeUnused() {
    var needed = Set(outputs)
    var kept: [Node] = []
    for node in nodes.reversed() where node.outputs.contains(where: needed.contains) {
      needed.formUnion(node.inputs)
      kept.append(node)
    }
    nodes = kept.reversed()
    parameters = parameters.filter { needed.contains($0.key) }
  }

  /// The same network with its first output only, such as a GoogLeNet without the auxiliary
  /// classifiers that helped to train it.
  public func keepingFirstOutput() -> Graph {
    guard outputs.count > 1 else { return self }
    var graph = self
    graph.outputs = [outputs[0]]
    graph.removeUnused()
    return graph
  }
}
