import GraftONNX

// Keras and TensorFlow feed photos as [N, H, W, 3]; tf2onnx puts a Transpose behind such an input,
// because convolutions of ONNX want [N, 3, H, W].

extension ONNXGraph {
  /// The same network for images `[N, C, H, W]`, where it takes them as `[N, H, W, C]`.
  ///
  /// The Transpose behind the input goes, or, where other nodes stand before it, one is put there
  /// that brings the images back; the plan reads both without moving anything.
  func takingChannelsFirst(notes: inout [String]) -> ONNXGraph {
    let initializers = Set(initializers.map(\.name))
    var graph = self
    for place in inputs.indices where !initializers.contains(inputs[place].name) {
      guard let dimensions = inputs[place].dimensions,
        Self.looksChannelsLast(dimensions), reachesTranspose(inputs[place].name)
      else { continue }
      let name = inputs[place].name
      graph.inputs[place].dimensions = [0, 3, 1, 2].map { dimensions[$0] }
      graph.transpose(input: name)
      notes.append(
        "the file takes photos as [N, height, width, channels] at '\(name)'; graft reads, and "
          + "writes, the network for [N, channels, height, width]")
    }
    return graph
  }

  /// One or three channels at the end, and as many nowhere else.
  private static func looksChannelsLast(_ dimensions: [ONNXDimension]) -> Bool {
    func isColours(_ dimension: ONNXDimension) -> Bool {
      dimension == .fixed(1) || dimension == .fixed(3)
    }
    return dimensions.count == 4 && isColours(dimensions[3]) && !isColours(dimensions[1])
  }

  /// Does a Transpose to channels first come before anything that looks at neighbouring pixels?
  private func reachesTranspose(_ input: String) -> Bool {
    var readers: [String: [Int]] = [:]
    for (index, node) in nodes.enumerated() {
      for name in node.inputs { readers[name, default: []].append(index) }
    }
    var (waiting, seen, found) = ([input], Set([input]), false)
    while let name = waiting.popLast() {
      for node in (readers[name] ?? []).map({ nodes[$0] }) {
        if node.isTranspose([0, 3, 1, 2]) {
          found = true
        } else if Self.lookingAtNeighbours.contains(node.opType) {
          return false
        } else {
          waiting += node.outputs.filter { seen.insert($0).inserted }
        }
      }
    }
    return found
  }

  private static let lookingAtNeighbours: Set = [
    "AveragePool", "Conv", "GlobalAveragePool", "GlobalMaxPool", "LRN", "MaxPool",
  ]

  /// Gives the readers of an input, which now is channels first, what they expect.
  private mutating func transpose(input name: String) {
    let results = Set(outputs.map(\.name))
    let vanishing = Set(
      nodes.indices.filter { index in
        nodes[index].isTranspose([0, 3, 1, 2]) && nodes[index].inputs == [name]
          && !results.contains(nodes[index].outputs[0])
      })
    let dissolved = Set(vanishing.map { nodes[$0].outputs[0] })
    let last = unusedName("\(name).channels_last")
    var isLastRead = false
    nodes = nodes.enumerated().compactMap { index, node in
      guard !vanishing.contains(index) else { return nil }
      var node = node
      node.inputs = node.inputs.map { input in
        isLastRead = isLastRead || input == name
        return input == name ? last : dissolved.contains(input) ? name : input
      }
      return node
    }
    guard isLastRead else { return }
    let back = ONNXNode(
      name: last, opType: "Transpose", inputs: [name], outputs: [last],
      attributes: [ONNXAttribute(name: "perm", value: .ints([0, 2, 3, 1]))])
    nodes.insert(back, at: 0)
  }

  /// The name, made longer until no value of the graph has it.
  func unusedName(_ wanted: String) -> String {
    let taken = Set(initializers.map(\.name) + inputs.map(\.name) + nodes.flatMap(\.outputs))
    var name = wanted
    while taken.contains(name) { name += "_" }
    return name
  }
}

extension ONNXNode {
  fileprivate func isTranspose(_ permutation: [Int]) -> Bool {
    guard opType == "Transpose", outputs.count == 1 else { return false }
    return attributes.contains { attribute in
      guard attribute.name == "perm", case .ints(let axes) = attribute.value else { return false }
      return axes == permutation
    }
  }
}
