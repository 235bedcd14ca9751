public import GraftTensor

extension Graph {
  /// The shape of every value, parameters included, for a batch of this many images.
  ///
  /// - Throws: where an operator refuses its inputs; the message names the node.
  public func shapes(batchSize: Int) throws(GraphError) -> [String: Shape] {
    var shapes = parameters.mapValues { $0.tensor.shape }
    for input in inputs { shapes[input.name] = input.shape(batchSize: batchSize) }
    for node in nodes {
      let outputs = try node.outputShapes(given: shapes)
      for (name, shape) in zip(node.outputs, outputs) where !name.isEmpty { shapes[name] = shape }
    }
    return shapes
  }
}

extension Node {
  /// The shapes of the outputs, given those of the inputs by value name.
  func outputShapes(given shapes: [String: Shape]) throws(GraphError) -> [Shape] {
    var inputShapes: [Shape] = []
    for input in inputs {
      guard let shape = shapes[input] else {
        throw GraphError("node '\(name)' (\(opType)): nothing produces its input '\(input)'")
      }
      inputShapes.append(shape)
    }
    do {
      return try `operator`.outputShapes(for: inputShapes)
    } catch {
      throw GraphError("node '\(name)' (\(opType)): \(error.message)")
    }
  }
}
