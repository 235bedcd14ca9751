import GraftGraph
import GraftTensor

extension Rewriting {
  /// Folds a frozen BatchNormalization (or any scale and shift per channel) into the weights of the
  /// convolution before it.
  ///
  /// Done only where every parameter of both is frozen: then the product is the same in training.
  mutating func foldChannelAffine() {
    var index = 0
    while index < graph.nodes.count {
      if !fold(at: index) { index += 1 }
    }
  }

  private mutating func fold(at index: Int) -> Bool {
    let node = graph.nodes[index]
    guard let absorbing = node.operator as? any AffineAbsorbingOperator, isFrozen(node),
      let next = onlyReader(of: node.outputs[0]), isFrozen(graph.nodes[next]),
      graph.nodes[next].inputs[0] == node.outputs[0],
      let affine = graph.nodes[next].operator as? any ChannelAffineOperator,
      let parameters = constants(of: node), let affineParameters = constants(of: graph.nodes[next]),
      let (scale, shift) = affine.channelAffine(parameters: affineParameters),
      let absorbed = absorbing.absorbing(scale: scale, shift: shift, parameters: parameters)
    else { return false }

    var folded = node
    folded.inputs = [node.inputs[0]]
    folded.outputs = [graph.nodes[next].outputs[0]]
    for (position, tensor) in absorbed.enumerated() {
      let name = "\(node.name).folded\(position + 1)"
      graph.parameters[name] = Parameter(tensor: tensor, role: .buffer, isTrainable: false)
      folded.inputs.append(name)
    }
    graph.nodes[index] = folded
    graph.nodes.remove(at: next)
    return true
  }

  /// The constants of a node, all inputs but the first; nil where one is computed at run time.
  private func constants(of node: Node) -> [Tensor]? {
    let tensors = node.inputs.dropFirst().compactMap { graph.parameters[$0]?.tensor }
    return tensors.count == node.inputs.count - 1 ? tensors : nil
  }
}
