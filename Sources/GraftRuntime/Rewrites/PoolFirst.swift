import GraftGraph

extension Rewriting {
  /// Puts a Relu or Clip behind the maximum pooling that follows it, where gradients pass both.
  ///
  /// The answers are the same, and so are the gradients: where equal results tie, none passes the
  /// limits. A quarter of the elements is limited, and what comes before the pooling need not be
  /// kept. In inference the activation costs nothing where it is.
  mutating func poolFirst() {
    for index in nodes.indices {
      guard let activation = nodes[index], !isPlain(activation),
        (activation.operator as? any FusibleActivationOperator)?.fusedActivation != nil,
        let place = onlyReader(of: activation.outputs[0]), let pool = nodes[place],
        pool.operator is any LargestTakingOperator
      else { continue }
      let between = "\(activation.outputs[0])#pooled"
      var (first, last) = (pool, activation)
      (first.inputs, first.outputs) = (activation.inputs, [between])
      (last.inputs, last.outputs) = ([between], pool.outputs)
      replace(at: index, with: first)
      replace(at: place, with: last)
    }
  }
}
