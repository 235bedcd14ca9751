import GraftGraph
import GraftTensor

extension Rewriting {
  /// Makes the addition of a residual and a Relu or Clip the last step of the convolution or
  /// normalisation before them, where a gradient passes both or none.
  mutating func fuseEpilogues(shapes: [String: Shape]) {
    for index in nodes.indices {
      if fuseResidual(at: index, shapes: shapes) { continue }
      while fuseActivation(at: index) {}
    }
  }

  /// The fused node takes the place of the Add: by then the other summand is there.
  private mutating func fuseResidual(at index: Int, shapes: [String: Shape]) -> Bool {
    guard let node = nodes[index],
      let accepting = node.operator as? any EpilogueAcceptingOperator,
      let place = onlyReader(of: node.outputs[0]), let sum = nodes[place],
      sum.operator is any ResidualAddingOperator, isPlain(sum) == isPlain(node),
      sum.inputs.count == 2
    else { return false }
    let other = sum.inputs[0] == node.outputs[0] ? sum.inputs[1] : sum.inputs[0]
    guard parameter(other) == nil, shapes[other] == shapes[node.outputs[0]],
      !isLaterCandidate(other, than: index),
      let fused = accepting.fusingResidual(inputCount: node.inputs.count)
    else { return false }
    replace(at: index, with: nil)
    replace(
      at: place,
      with: Node(
        name: node.name, operator: fused, inputs: node.inputs + [other],
        outputs: sum.outputs + node.outputs.dropFirst()))
    return true
  }

  /// Does a later node that could take the sum itself produce this summand? Then leave it to that
  /// one, whose inputs stay alive for a shorter time.
  private func isLaterCandidate(_ value: String, than index: Int) -> Bool {
    guard let place = producer(of: value), place > index, let node = nodes[place] else {
      return false
    }
    return node.operator is any EpilogueAcceptingOperator && onlyReader(of: value) != nil
  }

  private mutating func fuseActivation(at index: Int) -> Bool {
    guard let node = nodes[index],
      let accepting = node.operator as? any EpilogueAcceptingOperator,
      let place = onlyReader(of: node.outputs[0]), let next = nodes[place],
      isPlain(next) == isPlain(node),
      let activation = (next.operator as? any FusibleActivationOperator)?.fusedActivation,
      let fused = accepting.fusing(activation)
    else { return false }
    var ending = node
    ending.operator = fused
    ending.outputs = next.outputs + node.outputs.dropFirst()
    replace(at: place, with: nil)
    replace(at: index, with: ending)
    return true
  }
}
