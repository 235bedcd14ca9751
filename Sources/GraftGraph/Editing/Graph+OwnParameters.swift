extension Graph {
  /// The same network in which no two nodes share a parameter, so that each learns its own.
  ///
  /// Exporters write equal constants once: in a file, the zero biases of fresh layers are one.
  public func givingNodesOwnParameters() -> Graph {
    var graph = self
    graph.giveOwnParameters(toNodesAt: nodes.indices)
    return graph
  }

  /// Copies what a node at one of these places shares with another: the copy is its own.
  mutating func giveOwnParameters(toNodesAt places: some Collection<Int>) {
    var readers: [String: Int] = [:]
    for node in nodes {
      for name in Set(node.inputs) where parameters[name] != nil { readers[name, default: 0] += 1 }
    }
    var taken = Set(parameters.keys).union(inputs.map(\.name)).union(nodes.flatMap(\.outputs))
    for place in places {
      var renamed: [String: String] = [:]
      for (index, name) in nodes[place].inputs.enumerated() where readers[name, default: 0] > 1 {
        if renamed[name] == nil {
          var own = "\(name).\(nodes[place].name)"
          while !taken.insert(own).inserted { own += "_" }
          parameters[own] = parameters[name]
          renamed[name] = own
        }
        nodes[place].inputs[index] = renamed[name] ?? name
      }
      for name in renamed.keys { readers[name, default: 0] -= 1 }
    }
  }
}
