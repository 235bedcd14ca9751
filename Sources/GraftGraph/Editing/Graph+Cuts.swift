public import GraftTensor

/// A place where a network can be cut: everything passes through one value.
public struct Cut: Hashable, Sendable {
  /// The node that makes the value, which is what a person calls the place.
  public var nodeName: String
  /// Its ONNX operator.
  public var opType: String
  /// The value: the features of whatever is grafted there.
  public var value: String
  /// Shape of the value of one image: `[512, 14, 14]`, or `[2048]`.
  public var shape: Shape
  /// Of how many numbers a head would learn: the channels, where the value is a map of them.
  public var featureCount: Int
  /// Numbers learned up to here.
  public var parameterCount: Int
  /// Operations up to here for one image, multiplications and additions counted one each.
  public var floatingPointOperations: Int
}

extension Graph {
  /// The places between the layers, from the input to the head, where features can be taken: behind
  /// each layer's normalisation, activation and pooling; a map of features that is flattened there is
  /// one before, too.
  public func cuts() throws(GraphError) -> [Cut] {
    let all = try allCuts()
    var wanted = Set(try layers().dropFirst().map(\.input))
    for place in all.indices.dropFirst() where wanted.contains(all[place].value) {
      let before = all[place - 1]
      if all[place].shape.rank == 1, before.shape.rank == 3,
        before.shape.elementCount == all[place].shape[0], before.shape[0] < all[place].shape[0]
      {
        wanted.insert(before.value)
      }
    }
    return all.filter { wanted.contains($0.value) }
  }

  /// The cut behind a node: the one of that name, or the last whose name has it as a part of its path,
  /// as `layer3` is of `/layer3/layer3.5/relu/Relu`; or the cut at a value of that name.
  ///
  /// - Throws: where there is no such node, or not everything passes through its value; the hints name
  ///   the nearest places before and after.
  public func cut(behind name: String) throws(GraphError) -> Cut {
    let cuts = try allCuts()
    if let exact = cuts.last(where: { $0.nodeName == name || $0.value == name }) { return exact }
    let isPart = { (node: String) in node.split(separator: "/").contains { $0 == name } }
    guard
      let place = nodes.lastIndex(where: { $0.name == name || $0.outputs.contains(name) })
        ?? nodes.lastIndex(where: { isPart($0.name) })
    else { throw GraphError("the network has no node '\(name)' to cut behind") }
    let node = nodes[place]
    if let cut = cuts.last(where: { node.outputs.contains($0.value) }) { return cut }
    guard !node.outputs.contains(where: outputs.contains) else {
      throw GraphError(
        "the network ends with '\(node.name)' (\(node.opType)); a head needs features from before it"
      )
    }
    let places = Dictionary(
      nodes.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    let before = cuts.last { places[$0.nodeName, default: 0] < place }
    let after = cuts.first { places[$0.nodeName, default: 0] > place }
    let nearest = [
      before.map { "'\($0.nodeName)' before it" }, after.map { "'\($0.nodeName)' behind it" },
    ].compactMap { $0 }
    throw GraphError(
      "the network cannot be cut behind '\(node.name)' (\(node.opType)): other values pass it by",
      hints: nearest.isEmpty ? [] : ["The nearest places: \(nearest.joined(separator: ", "))."])
  }

  /// Lies the value as `[N, H, W, C]`, behind a Transpose that no other undid?
  public func isChannelsLast(_ value: String) -> Bool {
    var value = value
    while let node = nodes.last(where: { $0.outputs.contains(value) }) {
      if let transpose = node.operator as? any AxisReorderingOperator {
        switch transpose.permutation(rank: 4) {
        case [0, 2, 3, 1]: return true
        case [0, 3, 1, 2]: return false
        default: break
        }
      }
      guard let input = node.inputs.first(where: { parameters[$0] == nil }) else { return false }
      value = input
    }
    return false
  }

  private func allCuts() throws(GraphError) -> [Cut] {
    let shapes = try shapes(batchSize: 1)
    var (parameterCount, operations, next) = (0, 0, 0)
    var counted: Set<String> = []
    var cuts: [Cut] = []
    for passage in passages() {
      while next < passage.nextNode {
        let node = nodes[next]
        for name in node.inputs where counted.insert(name).inserted {
          guard let parameter = parameters[name], parameter.role != .buffer else { continue }
          parameterCount += parameter.tensor.shape.elementCount
        }
        operations += node.operator.floatingPointOperations(
          for: node.inputs.compactMap { shapes[$0] },
          outputs: node.outputs.compactMap { shapes[$0] })
        next += 1
      }
      guard let node = nodes.last(where: { $0.outputs.contains(passage.value) }),
        let shape = shapes[passage.value], shape.rank == 2 || shape.rank == 4
      else { continue }
      cuts.append(
        Cut(
          nodeName: node.name, opType: node.opType, value: passage.value,
          shape: Shape(Array(shape.dimensions.dropFirst())),
          featureCount: shape.rank == 4 && isChannelsLast(passage.value) ? shape[3] : shape[1],
          parameterCount: parameterCount,
          floatingPointOperations: operations))
    }
    return cuts
  }
}
