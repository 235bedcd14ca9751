public import GraftONNX
import GraftTensor

extension Graph {
  /// The network as ONNX values: symbolic batch `N`, weights as `raw_data` that points into this
  /// graph's tensors, without copying them.
  ///
  /// Weights stored as float16 are copied, and keep their name behind the Cast that widens them.
  ///
  /// - Throws: where an operator does not exist in that opset.
  public func exported(
    opset: Int = 17, weights: WeightPrecision = .float32
  ) throws(GraphError) -> ONNXModel {
    guard supportedOpsets.contains(opset) else {
      throw GraphError(
        "graft writes opsets \(supportedOpsets.lowerBound) to \(supportedOpsets.upperBound), "
          + "not \(opset)")
    }
    var graph = ONNXGraph(name: name.isEmpty ? "graft" : name)
    let shapes = try shapes(batchSize: 1)
    graph.inputs = inputs.map { valueInfo($0.name, $0.shape(batchSize: 1)) }
    graph.outputs = outputs.map { valueInfo($0, shapes[$0] ?? []) }
    for (name, parameter) in parameters.sorted(by: { $0.key < $1.key }) {
      if weights == .float16, parameter.isStoredAsHalf {
        appendHalves(of: parameter.tensor, named: name, to: &graph, opset: opset)
      } else {
        graph.initializers.append(ONNXTensor(name: name, parameter.tensor))
      }
    }
    for node in nodes { try append(node, to: &graph, opset: opset) }
    var model = ONNXModel(
      irVersion: ONNXModel.irVersion(forOpset: opset), opsets: ["": opset], graph: graph)
    model.producerName = "graft"
    model.metadata = metadata
    return model
  }

  private func appendHalves(
    of tensor: Tensor, named name: String, to graph: inout ONNXGraph, opset: Int
  ) {
    var stored = name + ".float16"
    while parameters[stored] != nil || nodes.contains(where: { $0.outputs.contains(stored) }) {
      stored += "_"
    }
    graph.initializers.append(ONNXTensor(name: stored, halving: tensor))
    let float = ONNXElementType.float
    graph.nodes.append(
      ONNXNode(
        name: stored, opType: "Cast", inputs: [stored], outputs: [name],
        attributes: [
          ONNXAttribute(
            name: "to", value: opset < 6 ? .string("FLOAT") : .int(float.rawValue))
        ]))
  }

  private func valueInfo(_ name: String, _ shape: Shape) -> ONNXValueInfo {
    ONNXValueInfo(
      name: name, elementType: .float,
      dimensions: [.symbolic("N")] + shape.dimensions.dropFirst().map { .fixed($0) })
  }

  private func append(
    _ node: Node, to graph: inout ONNXGraph, opset: Int
  ) throws(GraphError) {
    let opsets = type(of: node.operator).opsets
    guard opsets.contains(opset) else {
      throw GraphError(
        "node '\(node.name)': \(node.opType) exists in opsets \(opsets.lowerBound) to "
          + "\(opsets.upperBound); opset \(opset) cannot hold it (--opset)")
    }
    var encoder = NodeEncoder(opset: opset)
    node.operator.encode(into: &encoder)
    guard encoder.obstacles.isEmpty else {
      throw GraphError(
        "node '\(node.name)' (\(node.opType)): \(encoder.obstacles.joined(separator: ", ")); "
          + "opset \(opset) cannot hold it (--opset)")
    }
    var inputs = node.inputs
    for (index, constant) in encoder.constantInputs.enumerated() {
      let name = "\(node.name).constant\(index)"
      guard let tensor = ONNXTensor(name: name, constant) else {
        inputs.append("")
        continue
      }
      graph.initializers.append(tensor)
      inputs.append(name)
    }
    graph.nodes.append(
      ONNXNode(
        name: node.name, opType: node.opType, inputs: inputs, outputs: node.outputs,
        attributes: encoder.attributes))
  }
}

extension ONNXModel {
  /// The IR version that belongs to an opset: the one of the ONNX release that brought it, but 4 at
  /// least, since before that initializers had to be listed among the inputs.
  ///
  /// Source: ONNX docs/Versioning.md, table of released versions.
  static func irVersion(forOpset opset: Int) -> Int {
    switch opset {
    case ...9: 4
    case 10: 5
    case 11: 6
    case 12...14: 7
    case 15...18: 8
    case 19, 20: 9
    case 21, 22: 10
    case 23: 11
    case 24: 12
    case 25...27: 13
    default: 14
    }
  }
}

extension ONNXTensor {
  /// The tensor's own memory, kept alive by the value.
  init(name: String, _ tensor: Tensor) {
    let owner = TensorOwner(tensor)
    let view = tensor.unsafeView
    self.init(
      name: name, elementType: .float, dimensions: tensor.shape.dimensions,
      bytes: ONNXBytes(
        base: UnsafeRawPointer(view.base), count: view.count * MemoryLayout<Float>.size,
        owner: owner))
  }

  /// A constant input of an operator; nil for one that is left out.
  init?(name: String, _ constant: NodeEncoder.ConstantInput) {
    switch constant {
    case .absent: return nil
    case .ints(let values): self.init(name: name, dimensions: [values.count], ints: values)
    case .integers(let tensor):
      self.init(name: name, dimensions: tensor.dimensions, ints: tensor.values)
    case .int(let value): self.init(name: name, dimensions: [], ints: [value])
    case .float(let value):
      let bytes = [value].withUnsafeBytes { ONNXBytes(copying: $0) }
      self.init(name: name, elementType: .float, dimensions: [], bytes: bytes)
    case .bool(let value):
      let bytes = [UInt8(value ? 1 : 0)].withUnsafeBytes { ONNXBytes(copying: $0) }
      self.init(name: name, elementType: .bool, dimensions: [], bytes: bytes)
    }
  }
}

/// Keeps a tensor's memory alive for as long as ONNX bytes point into it.
private final class TensorOwner: Sendable {
  let tensor: Tensor
  init(_ tensor: Tensor) { self.tensor = tensor }
}
