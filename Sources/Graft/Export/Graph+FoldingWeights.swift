import GraftOperators

extension Graph {
  /// The same network with what is computed from weights alone computed once: the directions of a cosine
  /// head become the weights of its product.
  func foldingWeights() throws(GraphError) -> Graph {
    var graph = self
    graph.nodes = []
    for node in nodes {
      let weights = node.inputs.compactMap { graph.parameters[$0] }
      guard weights.count == node.inputs.count, node.outputs.count == 1,
        let folding = node.operator as? any FoldingOperator,
        let constant = try folding.folded(weights.map(\.tensor), in: node)
      else {
        graph.nodes.append(node)
        continue
      }
      graph.parameters[node.outputs[0]] = Parameter(
        tensor: constant, role: weights[0].role, isTrainable: weights[0].isTrainable)
    }
    let read = Set(graph.nodes.flatMap(\.inputs))
    graph.parameters = graph.parameters.filter { read.contains($0.key) }
    return graph
  }
}

extension FoldingOperator {
  fileprivate func folded(_ weights: [Tensor], in node: Node) throws(GraphError) -> Tensor? {
    do throws(ShapeError) {
      guard case .floats(let tensor)? = try fold(weights.map { .constant(.floats($0)) })?.first
      else {
        return nil
      }
      return tensor
    } catch {
      throw GraphError("node '\(node.name)' (\(node.opType)): \(error.message)")
    }
  }
}
