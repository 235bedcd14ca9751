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
}
