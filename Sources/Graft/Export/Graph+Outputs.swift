import GraftOperators

extension Graph {
  /// The same network with output `[N, classes]`, where it gives `[N, classes, 1, 1]`.
  func withFlatOutput() throws(GraphError) -> Graph {
    guard let shape = try shapes(batchSize: 1)[outputs[0]], shape.rank == 4,
      shape[2] * shape[3] == 1
    else { return self }
    return appending(
      "graft.output.flatten", GraftOperators.Flatten(axis: 1), output: "graft.output.flat")
  }

  /// The same network ending in a Softmax.
  func endingInProbabilities() throws(GraphError) -> Graph {
    appending(
      "graft.output.softmax", try standardOperator("Softmax", ["axis": .int(1)]),
      output: "graft.output.probabilities")
  }

  private func appending(_ name: String, _ operator: any Operator, output: String) -> Graph {
    var graph = self
    graph.nodes.append(
      Node(name: name, operator: `operator`, inputs: [outputs[0]], outputs: [output]))
    graph.outputs = [output]
    return graph
  }

  /// The same network with a value called otherwise; a value that has the new name gets another.
  func renaming(_ old: String, to new: String) -> Graph {
    guard old != new else { return self }
    let taken = Set(nodes.flatMap { $0.inputs + $0.outputs } + inputs.map(\.name))
    var free = new + "_"
    while taken.contains(free) { free += "_" }
    func renamed(_ name: String) -> String { name == old ? new : name == new ? free : name }
    var graph = self
    graph.inputs = inputs.map { GraphInput(name: renamed($0.name), imageShape: $0.imageShape) }
    graph.outputs = outputs.map(renamed)
    graph.nodes = nodes.map { node in
      var node = node
      node.inputs = node.inputs.map(renamed)
      node.outputs = node.outputs.map(renamed)
      return node
    }
    graph.parameters = Dictionary(
      uniqueKeysWithValues: parameters.map { (renamed($0.key), $0.value) })
    return graph
  }
}
