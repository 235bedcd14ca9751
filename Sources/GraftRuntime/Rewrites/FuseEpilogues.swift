import GraftGraph
import GraftTensor

extension Rewriting {
  /// Makes the addition of a residual and a Relu or Clip the last step of the convolution before
  /// them, where no gradient passes.
  mutating func fuseEpilogues(shapes: [String: Shape]) {
    var index = 0
    while index < graph.nodes.count {
      if fuseResidual(at: index, shapes: shapes) { continue }
      while fuseActivation(at: index) {}
      index += 1
    }
  }

  /// The fused node takes the place of the Add: by then the other summand is there.
  private mutating func fuseResidual(at index: Int, shapes: [String: Shape]) -> Bool {
    let node = graph.nodes[index]
    guard let accepting = node.operator as? any EpilogueAcceptingOperator, isPlain(node),
      let next = onlyReader(of: node.outputs[0])
    else { return false }
    let sum = graph.nodes[next]
    guard sum.operator is any ResidualAddingOperator, isPlain(sum), sum.inputs.count == 2 else {
      return false
    }
    let other = sum.inputs[0] == node.outputs[0] ? sum.inputs[1] : sum.inputs[0]
    guard graph.parameters[other] == nil, shapes[other] == shapes[node.outputs[0]],
      !isLaterCandidate(other, than: index),
      let fused = accepting.fusingResidual(inputCount: node.inputs.count)
    else { return false }
    graph.nodes[next] = Node(
      name: node.name, operator: fused, inputs: node.inputs + [other], outputs: sum.outputs)
    graph.nodes.remove(at: index)
    return true
  }

  /// Does a later node that could take the sum itself produce this summand? Then leave it to that
  /// one, whose inputs stay alive for a shorter time.
  private func isLaterCandidate(_ value: String, than index: Int) -> Bool {
    guard let producer = graph.nodes.firstIndex(where: { $0.outputs.contains(value) }) else {
      return false
    }
    return producer > index && graph.nodes[producer].operator is any EpilogueAcceptingOperator
      && onlyReader(of: value) != nil
  }

  private mutating func fuseActivation(at index: Int) -> Bool {
    let node = graph.nodes[index]
    guard let accepting = node.operator as? any EpilogueAcceptingOperator, isPlain(node),
      let next = onlyReader(of: node.outputs[0]), isPlain(graph.nodes[next]),
      let activation = (graph.nodes[next].operator as? any FusibleActivationOperator)?
        .fusedActivation,
      let fused = accepting.fusing(activation)
    else { return false }
    graph.nodes[index].operator = fused
    graph.nodes[index].outputs = [graph.nodes[next].outputs[0]]
    graph.nodes.remove(at: next)
    return true
  }
}
