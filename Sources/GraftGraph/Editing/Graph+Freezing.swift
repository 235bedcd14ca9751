extension Graph {
  /// The same network with no parameter trainable.
  public func frozen() -> Graph { settingTrainable { _, _ in false } }

  /// The same network with every learned parameter trainable.
  public func unfrozen() -> Graph { settingTrainable { _, _ in true } }

  /// The same network with everything frozen up to and including the node of that name.
  ///
  /// - Throws: where no node has the name.
  public func freezing(through nodeName: String) throws(GraphError) -> Graph {
    guard let last = nodes.firstIndex(where: { $0.name == nodeName }) else {
      throw GraphError("the network has no node '\(nodeName)'; 'graft inspect' lists them")
    }
    let before = Set(nodes[...last].flatMap(\.inputs))
    return settingTrainable { name, parameter in
      parameter.isTrainable && !before.contains(name)
    }
  }

  /// The same network with trainable decided per parameter; buffers never are.
  public func settingTrainable(_ isTrainable: (String, Parameter) -> Bool) -> Graph {
    var graph = self
    for (name, parameter) in parameters {
      graph.parameters[name]?.isTrainable =
        parameter.role != .buffer && isTrainable(name, parameter)
    }
    return graph
  }
}
