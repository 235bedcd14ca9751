import GraftTensor

extension Graph {
  /// The network as two: what computes the value, and what computes the outputs from it.
  ///
  /// - Throws: where the value is not one through which everything passes.
  public func split(at value: String) throws(GraphError) -> (backbone: Graph, head: Graph) {
    guard let shape = try shapes(batchSize: 1)[value], shape.rank > 0, parameters[value] == nil
    else {
      throw GraphError("the network has no value '\(value)'")
    }
    var backbone = self
    backbone.outputs = [value]
    backbone.removeUnused()

    var head = self
    head.inputs = [GraphInput(name: value, imageShape: Shape(Array(shape.dimensions.dropFirst())))]
    head.nodes.removeAll { $0.outputs.contains(value) }
    head.removeUnused()
    let produced = Set(head.nodes.flatMap(\.outputs)).union(head.parameters.keys)
    for node in head.nodes {
      for input in node.inputs where input != value && !produced.contains(input) {
        throw GraphError(
          "the network cannot be cut at '\(value)': node '\(node.name)' also reads '\(input)'")
      }
    }
    return (backbone, head)
  }

  /// This network followed by another that reads this one's first output.
  ///
  /// - Precondition: the names of the two do not collide, but for that value.
  public func followed(by head: Graph) -> Graph {
    var whole = self
    whole.nodes += head.nodes
    whole.outputs = head.outputs
    whole.parameters.merge(head.parameters) { _, new in new }
    return whole
  }
}
