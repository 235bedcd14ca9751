public import GraftTensor

/// Where the backbone ends and the head begins.
public struct HeadCut: Hashable, Sendable {
  /// The last node that owns weights.
  public var nodeName: String
  /// The ONNX operator of the layer.
  public var opType: String
  /// The value that enters it: the features.
  public var features: String
  /// Shape of the features of one image: `[2048]`, or `[512, 13, 13]` before a convolution.
  public var featureShape: Shape
  /// How many classes the head tells apart today.
  public var classes: Int
}

extension Graph {
  /// The head: the last node with weights on the way to the first output.
  ///
  /// - Throws: where no such node exists, or where it cannot be a classifier's.
  public func headCut() throws(GraphError) -> HeadCut {
    let shapes = try shapes(batchSize: 1)
    guard let node = keepingFirstOutput().nodes.last(where: { ownsWeights($0) }) else {
      throw GraphError("the network has no weights to replace: no Conv, Gemm or MatMul")
    }
    guard let output = outputs.first, let outputShape = shapes[output],
      let featureShape = shapes[node.inputs[0]], let classes = outputShape.dimensions.last,
      outputShape.elementCount == classes || outputShape.rank > 1
    else { throw GraphError("the network's output is no list of class scores") }
    return HeadCut(
      nodeName: node.name, opType: node.opType, features: node.inputs[0],
      featureShape: Shape(Array(featureShape.dimensions.dropFirst())),
      classes: outputShape.rank > 1 ? outputShape[1] : classes)
  }

  private func ownsWeights(_ node: Node) -> Bool {
    guard let head = node.operator as? any ClassifierHeadOperator else { return false }
    return node.inputs.enumerated().contains { index, name in
      guard let parameter = parameters[weightName(behind: name)], parameter.role == .weight else {
        return false
      }
      return head.classAxis(ofInput: index, shape: parameter.tensor.shape) != nil
    }
  }

  /// The parameter itself, or the one that an operator normalises first, as a cosine head does.
  private func weightName(behind name: String) -> String {
    guard parameters[name] == nil, let node = nodes.first(where: { $0.outputs.contains(name) }),
      node.opType == "LpNormalization", parameters[node.inputs[0]] != nil
    else { return name }
    return node.inputs[0]
  }

  /// The same network with a new, seeded head for another number of classes.
  ///
  /// Weights are drawn as He et al. 2015 (fan-in), biases are zero. What follows the head (bias
  /// Add, pooling, Reshape) is kept and fitted to the new number of classes, but for a Relu right
  /// behind it, as SqueezeNet has: a new class score that starts below zero would never learn.
  /// Further outputs, which tell the old classes apart, are dropped.
  public func replacingHead(classes: Int, seed: UInt64 = 1) throws(GraphError) -> Graph {
    let cut = try headCut()
    var graph = keepingFirstOutput()
    guard let place = graph.nodes.firstIndex(where: { $0.name == cut.nodeName }),
      let head = graph.nodes[place].operator as? any ClassifierHeadOperator
    else { throw GraphError("the network has no head") }
    graph.giveOwnParameters(toNodesAt: [place])
    var generator = SeededGenerator(seed, 0x6865_6164)
    for (index, input) in graph.nodes[place].inputs.enumerated().dropFirst() {
      let name = graph.weightName(behind: input)
      guard let parameter = graph.parameters[name],
        let axis = head.classAxis(ofInput: index, shape: parameter.tensor.shape)
      else { continue }
      graph.parameters[name] = parameter.resized(
        axis: axis, to: classes, using: &generator)
    }
    try graph.fitBehindHead(at: place, classes: cut.classes, to: classes)
    graph.removeRelu(behind: cut.nodeName)
    try graph.poolBeforeHead(cut.nodeName)
    let outputShape = try graph.shapes(batchSize: 2)[graph.outputs[0]]
    guard let outputShape, outputShape.elementCount == 2 * classes else {
      throw GraphError(
        "after replacing the head '\(cut.nodeName)' the output would have shape "
          + "\(outputShape ?? []); expected [2, \(classes)]")
    }
    return graph
  }

  private mutating func removeRelu(behind nodeName: String) {
    guard let head = nodes.firstIndex(where: { $0.name == nodeName }) else { return }
    let readers = nodes.indices.filter { nodes[$0].inputs.contains(nodes[head].outputs[0]) }
    guard readers.count == 1, nodes[readers[0]].opType == "Relu" else { return }
    nodes[head].outputs[0] = nodes[readers[0]].outputs[0]
    nodes.remove(at: readers[0])
  }

  /// Exchanges a 1×1 convolution and the global average behind it. Both are linear, so the answers
  /// are the same, and the features of a photo are one number a channel instead of a map of them.
  private mutating func poolBeforeHead(_ nodeName: String) throws(GraphError) {
    let shapes = try shapes(batchSize: 1)
    guard let head = nodes.firstIndex(where: { $0.name == nodeName }), nodes[head].opType == "Conv",
      let pool = nodes.firstIndex(where: { $0.inputs.contains(nodes[head].outputs[0]) }),
      nodes[pool].opType == "GlobalAveragePool", !outputs.contains(nodes[head].outputs[0]),
      nodes.count(where: { $0.inputs.contains(nodes[head].outputs[0]) }) == 1,
      let weights = parameters[nodes[head].inputs[1]], weights.tensor.shape.rank == 4,
      weights.tensor.shape[2] * weights.tensor.shape[3] == 1,
      let x = shapes[nodes[head].inputs[0]], let y = shapes[nodes[head].outputs[0]],
      x.dimensions.suffix(2) == y.dimensions.suffix(2)
    else { return }
    let (features, between, scores) = (
      nodes[head].inputs[0], nodes[head].outputs[0], nodes[pool].outputs[0]
    )
    nodes[pool].inputs = [features]
    nodes[pool].outputs = [between]
    nodes[head].inputs[0] = between
    nodes[head].outputs = [scores]
    nodes.swapAt(head, pool)
  }

  /// Fits what the head's output reaches to another number of classes: biases, Reshape targets.
  ///
  /// - Throws: where a constant of the network has one number for each class and is neither bias
  ///   nor scale, as the variance of a BatchNormalization: nothing sensible can take its place.
  private mutating func fitBehindHead(
    at place: Int, classes old: Int, to new: Int
  ) throws(GraphError) {
    var reached = Set(nodes[place].outputs)
    for index in nodes.indices where index > place {
      guard nodes[index].inputs.contains(where: reached.contains) else { continue }
      reached.formUnion(nodes[index].outputs)
      if let carrying = nodes[index].operator as? any ShapeCarryingOperator {
        nodes[index].operator = carrying.replacingExtent(old, with: new)
      }
      giveOwnParameters(toNodesAt: [index])
      for name in nodes[index].inputs {
        guard let parameter = parameters[name], parameter.tensor.shape.elementCount == old,
          let axis = parameter.tensor.shape.dimensions.firstIndex(of: old)
        else { continue }
        guard parameter.role == .bias || parameter.role == .scale else {
          throw GraphError(
            "the head '\(nodes[place].name)' cannot be replaced: node '\(nodes[index].name)' "
              + "(\(nodes[index].opType)) behind it has a constant for each of the \(old) classes, "
              + "'\(name)', that is neither bias nor scale")
        }
        var dimensions = parameter.tensor.shape.dimensions
        dimensions[axis] = new
        parameters[name]?.tensor = Tensor(
          Shape(dimensions), repeating: parameter.role == .scale ? 1 : 0)
      }
    }
  }
}

extension Parameter {
  /// A fresh parameter with another extent along one axis.
  fileprivate func resized(
    axis: Int, to count: Int, using generator: inout SeededGenerator
  ) -> Parameter {
    var dimensions = tensor.shape.dimensions
    dimensions[axis] = count
    let shape = Shape(dimensions)
    guard role == .weight else {
      return Parameter(tensor: Tensor(shape), role: role, isTrainable: true)
    }
    let fanIn = shape.elementCount / max(count, 1)
    let deviation = (2 / Float(max(fanIn, 1))).squareRoot()
    let elements = (0..<shape.elementCount).map { _ in generator.normal() * deviation }
    return Parameter(tensor: Tensor(shape, elements), role: role, isTrainable: true)
  }
}
