extension Graph {
  /// The same network whose normalisations take the statistics of the batch while training, and
  /// keep running ones; or, with false, the running ones always, as a file for use has them.
  ///
  /// Where no gradient passes, and in inference, a node takes the running ones in either form. What
  /// a node shared with others becomes its own.
  ///
  /// - Parameter isChosen: the nodes to change, among those that normalise.
  public func usingBatchStatistics(
    _ uses: Bool, where isChosen: (Node) -> Bool = { _ in true }
  ) -> Graph {
    var graph = self
    let chosen = nodes.indices.filter {
      nodes[$0].operator is any BatchStatisticsOperator && isChosen(nodes[$0])
        // Statistics that are computed at run time have no place in which to be kept.
        && nodes[$0].inputs.dropFirst().allSatisfy { parameters[$0] != nil }
    }
    if uses { graph.giveOwnParameters(toNodesAt: chosen) }
    for index in chosen {
      guard let old = nodes[index].operator as? any BatchStatisticsOperator else { continue }
      let new = old.usingBatchStatistics(uses)
      graph.nodes[index].operator = new
      let output = nodes[index].outputs[0]
      graph.nodes[index].outputs = [output] + new.updatedInputs.map { "\(output).updated\($0)" }
    }
    return graph
  }
}
