import GraftGraph
import GraftTensor

extension Rewriting {
  /// Folds a frozen BatchNormalization (or any scale and shift per channel) into the weights of the
  /// convolution before it.
  ///
  /// Done only where every parameter of both is frozen: then the product is the same in training.
  mutating func foldChannelAffine() {
    for index in nodes.indices {
      while fold(at: index) {}
    }
  }

  private mutating func fold(at index: Int) -> Bool {
    guard let node = nodes[index],
      let absorbing = node.operator as? any AffineAbsorbingOperator, isFrozen(node),
      let place = onlyReader(of: node.outputs[0]), let next = nodes[place], isFrozen(next),
      next.inputs[0] == node.outputs[0],
      let affine = next.operator as? any ChannelAffineOperator,
      let parameters = constants(of: node), let affineParameters = constants(of: next),
      let (scale, shift) = affine.channelAffine(parameters: affineParameters),
      let absorbed = absorbing.absorbing(scale: scale, shift: shift, parameters: parameters)
    else { return false }

    var folded = node
    folded.inputs = [node.inputs[0]]
    folded.outputs = [next.outputs[0]]
    for (position, tensor) in absorbed.enumerated() {
      let name = "\(node.name).folded\(position + 1)"
      addConstant(name, tensor)
      folded.inputs.append(name)
    }
    replace(at: place, with: nil)
    replace(at: index, with: folded)
    return true
  }

  /// The constants of a node, all inputs but the first; nil where one is computed at run time.
  private func constants(of node: Node) -> [Tensor]? {
    let tensors = node.inputs.dropFirst().compactMap { parameter($0)?.tensor }
    return tensors.count == node.inputs.count - 1 ? tensors : nil
  }
}
