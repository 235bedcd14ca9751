import GraftNetworks
import GraftOperators

extension Graph {
  /// The network up to a value, its features averaged over the pixels where it is a map of them, and
  /// a new head behind it.
  ///
  /// - Throws: where the value is no vector and no map of features.
  func endingInNewHead(
    _ head: Head, behind value: String, classes: Int, seed: UInt64
  ) throws(GraphError) -> Graph {
    var backbone = try keepingFirstOutput().split(at: value).backbone
    let prefix = backbone.freePrefix("head")
    let features = try backbone.appendPooling(prefix: prefix)
    let shape = try backbone.shapes(batchSize: 1)[features] ?? []
    let grafted = try head.graph(
      prefix: prefix, features: shape.dimensions.last ?? 0, classes: classes, seed: seed)
    return backbone.followed(by: grafted.renaming("input", to: features))
  }

  /// Makes the output a vector: a global average where it has pixels.
  private mutating func appendPooling(prefix: String) throws(GraphError) -> String {
    let shape = try shapes(batchSize: 1)[outputs[0]] ?? []
    let pixels = try pixelCount(of: outputs[0])
    switch shape.rank {
    case 2: return outputs[0]
    case 4:
      if isChannelsLast(outputs[0]) {
        append(
          try standardOperator("Transpose", ["perm": .ints([0, 3, 1, 2])]),
          prefix + "channels_first")
      }
      if pixels > 1 {
        append(try standardOperator("GlobalAveragePool"), prefix + "pool")
      }
      append(GraftOperators.Flatten(axis: 1), prefix + "features")
      return outputs[0]
    default:
      throw GraphError(
        "the value '\(outputs[0])' has shape \(Shape(Array(shape.dimensions.dropFirst()))); a head takes "
          + "features [F] or a map of them [F, height, width]")
    }
  }

  private func pixelCount(of value: String) throws(GraphError) -> Int {
    guard let shape = try shapes(batchSize: 1)[value], shape.rank == 4 else { return 1 }
    return isChannelsLast(value) ? shape[1] * shape[2] : shape[2] * shape[3]
  }

  private mutating func append(_ operator: any Operator, _ name: String) {
    nodes.append(Node(name: name, operator: `operator`, inputs: [outputs[0]], outputs: [name]))
    outputs = [name]
  }

  /// `head.`, or with a number where the network has such names.
  private func freePrefix(_ word: String) -> String {
    let names = nodes.flatMap { [$0.name] + $0.outputs } + parameters.keys + inputs.map(\.name)
    var (prefix, number) = (word + ".", 2)
    while names.contains(where: { $0.hasPrefix(prefix) }) {
      prefix = "\(word)\(number)."
      number += 1
    }
    return prefix
  }
}

extension Head {
  /// The head alone, on `[N, F]`; its input is called `input`.
  fileprivate func graph(
    prefix: String, features: Int, classes: Int, seed: UInt64
  ) throws(GraphError) -> Graph {
    var net = GraphBuilder(name: "head", input: [features], seed: seed)
    var x = net.input
    switch self {
    case .linear: x = net.gemm(x, outputs: classes, name: prefix + "fc")
    case .mlp(let sizes):
      for (index, size) in sizes.enumerated() {
        x = net.relu(
          net.gemm(x, outputs: size, name: "\(prefix)fc\(index + 1)"),
          name: "\(prefix)relu\(index + 1)")
      }
      x = net.gemm(x, outputs: classes, name: prefix + "fc")
    case .cosine:
      let direction = net.node("LpNormalization", [x], name: prefix + "normalized")
      let weights = net.node(
        "LpNormalization", [net.weight(prefix + "weight", [classes, features])],
        name: prefix + "directions")
      let cosine = net.node(
        "Gemm", [direction, weights], attributes: ["transB": .int(1)], name: prefix + "cosine")
      let scale = net.parameter(prefix + "scale", Tensor([1], [Self.initialScale]))
      x = net.node("Mul", [cosine, scale], name: prefix + "logits")
    }
    var graph = try net.graph(output: x)
    for name in graph.parameters.keys where name.hasSuffix("scale") {
      graph.parameters[name]?.role = .scale
      graph.parameters[name]?.isTrainable = true
    }
    return graph
  }

  /// Cosines end at 1; so many times that tells classes apart in a softmax.
  private static let initialScale: Float = 16
}
