import GraftONNX

extension Importer {
  /// Indices of the nodes so that each comes after those it reads from. Iterative: chains may be
  /// very long. Keeps the file's order wherever that is possible.
  func sortedNodes() throws(GraphError) -> [Int] {
    let producers = try producers()
    var waitingFor = [Int](repeating: 0, count: source.nodes.count)
    var readers: [Int: [Int]] = [:]
    for (index, node) in source.nodes.enumerated() {
      for name in Set(node.inputs) where !name.isEmpty {
        if let producer = producers[name] {
          waitingFor[index] += 1
          readers[producer, default: []].append(index)
        } else if values[name] == nil {
          throw GraphError(
            "node '\(label(index))' (\(node.opType)) reads '\(name)', which nothing produces")
        }
      }
    }
    return try order(waitingFor: waitingFor, readers: readers)
  }

  /// The node that writes each value.
  private func producers() throws(GraphError) -> [String: Int] {
    var producers: [String: Int] = [:]
    for (index, node) in source.nodes.enumerated() {
      for output in node.outputs where !output.isEmpty {
        guard producers[output] == nil, values[output] == nil else {
          throw GraphError("two nodes, inputs or initializers produce '\(output)'")
        }
        producers[output] = index
      }
    }
    return producers
  }

  private func order(waitingFor: [Int], readers: [Int: [Int]]) throws(GraphError) -> [Int] {
    if isSorted(readers) { return Array(source.nodes.indices) }
    var waitingFor = waitingFor
    var ready = source.nodes.indices.filter { waitingFor[$0] == 0 }
    var order: [Int] = []
    var next = 0
    while next < ready.count {
      let index = ready[next]
      next += 1
      order.append(index)
      for reader in readers[index] ?? [] {
        waitingFor[reader] -= 1
        if waitingFor[reader] == 0 { ready.append(reader) }
      }
    }
    guard order.count == source.nodes.count else {
      let stuck = source.nodes.indices.first { waitingFor[$0] > 0 } ?? 0
      throw GraphError("the graph has a cycle through node '\(label(stuck))'")
    }
    return order
  }

  private func isSorted(_ readers: [Int: [Int]]) -> Bool {
    readers.allSatisfy { producer, readers in readers.allSatisfy { $0 > producer } }
  }

  /// What a node is called in messages.
  func label(_ index: Int) -> String {
    let name = source.nodes[index].name
    return name.isEmpty ? "#\(index)" : name
  }
}
