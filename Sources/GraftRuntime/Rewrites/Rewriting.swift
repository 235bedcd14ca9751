import GraftGraph
import GraftTensor

/// A graph while the plan rewrites it, with what the rewrites ask about it.
struct Rewriting {
  var graph: Graph
  /// Values through which gradients flow; their nodes must stay as they are.
  let differentiable: Set<String>

  init(_ graph: Graph, mode: Mode) {
    self.graph = graph
    differentiable = mode == .training ? graph.differentiableValues : []
  }

  /// Indices of the nodes that read a value.
  func readers(of value: String) -> [Int] {
    graph.nodes.indices.filter { graph.nodes[$0].inputs.contains(value) }
  }

  /// The one node that reads a value which is no output of the graph.
  func onlyReader(of value: String) -> Int? {
    let readers = readers(of: value)
    guard readers.count == 1, !graph.outputs.contains(value),
      graph.nodes[readers[0]].inputs.count(where: { $0 == value }) == 1
    else { return nil }
    return readers[0]
  }

  /// Are all constants of a node frozen?
  func isFrozen(_ node: Node) -> Bool {
    node.inputs.allSatisfy { graph.parameters[$0]?.isTrainable != true }
  }

  /// Does no gradient pass through the node?
  func isPlain(_ node: Node) -> Bool {
    isFrozen(node) && !node.outputs.contains(where: differentiable.contains)
  }
}

extension Graph {
  /// The same network, rewritten so that it runs faster with the same answers.
  func rewritten(mode: Mode, shapes: (Graph) throws(GraphError) -> [String: Shape])
    throws(GraphError) -> Graph
  {
    var rewriting = Rewriting(self, mode: mode)
    rewriting.foldChannelAffine()
    let known = try shapes(rewriting.graph)
    rewriting.fuseEpilogues(shapes: known)
    return rewriting.graph
  }

  /// Values whose gradient is needed: those that a trainable parameter has touched.
  var differentiableValues: Set<String> {
    var values: Set<String> = []
    for node in nodes {
      let learns = node.inputs.contains { parameters[$0]?.isTrainable == true }
      if learns || node.inputs.contains(where: values.contains) {
        values.formUnion(node.outputs)
      }
    }
    return values
  }
}
