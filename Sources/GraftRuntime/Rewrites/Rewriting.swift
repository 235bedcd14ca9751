import GraftGraph
import GraftTensor

/// A graph while the plan rewrites it, with what the rewrites ask about it.
///
/// Who writes and who reads a value is kept up to date, and a removed node leaves a gap until the
/// end: every question takes the same time however long the network is.
struct Rewriting {
  /// The nodes of the graph are in ``nodes`` while it is rewritten.
  private(set) var graph: Graph
  /// In the order of the graph; nil where a node was removed.
  private(set) var nodes: [Node?]
  private let mode: Mode
  /// Values through which gradients flow; their nodes must stay as they are.
  let differentiable: Set<String>
  private let outputs: Set<String>
  private var readersByValue: [String: [Int]] = [:]
  private var producers: [String: Int] = [:]

  init(_ graph: Graph, mode: Mode) {
    self.graph = graph
    self.mode = mode
    differentiable = mode == .training ? graph.differentiableValues : []
    outputs = Set(graph.outputs)
    nodes = graph.nodes
    for (index, node) in graph.nodes.enumerated() { register(node, at: index) }
  }

  /// The rewritten network.
  var result: Graph {
    var result = graph
    result.nodes = nodes.compactMap { $0 }
    return result
  }
}

// MARK: - Changes

extension Rewriting {
  /// Puts a node in the place of another, or, with nil, takes the other away.
  mutating func replace(at index: Int, with node: Node?) {
    if let old = nodes[index] {
      for name in old.inputs { readersByValue[name]?.removeAll { $0 == index } }
      for name in old.outputs where producers[name] == index { producers[name] = nil }
    }
    nodes[index] = node
    if let node { register(node, at: index) }
  }

  private mutating func register(_ node: Node, at index: Int) {
    for name in node.inputs { readersByValue[name, default: []].append(index) }
    for name in node.outputs { producers[name] = index }
  }

  /// Adds a constant that the rewriting computed.
  mutating func addConstant(_ name: String, _ tensor: Tensor) {
    graph.parameters[name] = Parameter(tensor: tensor, role: .buffer, isTrainable: false)
  }
}

// MARK: - Questions

extension Rewriting {
  func parameter(_ name: String) -> Parameter? { graph.parameters[name] }

  /// The node that writes a value.
  func producer(of value: String) -> Int? { producers[value] }

  /// The one node that reads a value which is no output of the graph.
  func onlyReader(of value: String) -> Int? {
    guard let readers = readersByValue[value], readers.count == 1, !outputs.contains(value) else {
      return nil
    }
    return readers[0]
  }

  /// Does nothing learn in a node? In inference nothing does anywhere.
  func isFrozen(_ node: Node) -> Bool {
    mode == .inference
      || node.inputs.allSatisfy { graph.parameters[$0]?.isTrainable != true }
  }

  /// Does no gradient pass through the node?
  func isPlain(_ node: Node) -> Bool {
    isFrozen(node) && !node.outputs.contains(where: differentiable.contains)
  }
}

extension Graph {
  /// The same network, rewritten so that it runs faster with the same answers.
  func rewritten(mode: Mode, shapes: (Graph) throws(GraphError) -> [String: Shape])
    throws(GraphError) -> Graph
  {
    var rewriting = Rewriting(self, mode: mode)
    rewriting.foldChannelAffine()
    rewriting.poolFirst()
    let known = try shapes(rewriting.result)
    rewriting.fuseEpilogues(shapes: known)
    return rewriting.result
  }

  /// Values whose gradient is needed: those that a trainable parameter has touched.
  var differentiableValues: Set<String> {
    var values: Set<String> = []
    for node in nodes {
      let learns = node.inputs.contains { parameters[$0]?.isTrainable == true }
      if learns || node.inputs.contains(where: values.contains) {
        values.formUnion(node.outputs)
      }
    }
    return values
  }
}
