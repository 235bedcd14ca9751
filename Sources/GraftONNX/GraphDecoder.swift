import CONNX

/// `GraphProto` and its nodes in C → Swift values.
struct GraphDecoder {
  let tensors: TensorDecoder

  func graph(_ proto: Onnx__GraphProto) throws(ONNXError) -> ONNXGraph {
    if let sparse = messages(proto.sparse_initializer, proto.n_sparse_initializer).first {
      throw ONNXError(
        "tensor '\(text(sparse.pointee.values?.pointee.name).escaped())' is a sparse initializer; "
          + "graft reads dense ones only. Store it as a dense tensor.")
    }
    var graph = ONNXGraph(name: text(proto.name))
    let nodes = messages(proto.node, proto.n_node)
    graph.nodes.reserveCapacity(nodes.count)
    for (index, node) in nodes.enumerated() {
      graph.nodes.append(try self.node(node.pointee, index))
    }
    for tensor in messages(proto.initializer, proto.n_initializer) {
      let name = text(tensor.pointee.name)
      guard !name.isEmpty else {
        throw ONNXError("initializer \(graph.initializers.count) has no name; export it again.")
      }
      graph.initializers.append(
        try tensors.tensor(tensor.pointee, label: "tensor '\(name.escaped())'"))
    }
    graph.inputs = messages(proto.input, proto.n_input).map { valueInfo($0.pointee) }
    graph.outputs = messages(proto.output, proto.n_output).map { valueInfo($0.pointee) }
    graph.valueInfos = messages(proto.value_info, proto.n_value_info).map { valueInfo($0.pointee) }
    return graph
  }

  private func node(_ proto: Onnx__NodeProto, _ index: Int) throws(ONNXError) -> ONNXNode {
    let (name, opType) = (text(proto.name), text(proto.op_type))
    let label = name.isEmpty ? "node \(index)" : "node '\(name.escaped())'"
    guard !opType.isEmpty else {
      throw ONNXError("\(label) names no operator (op_type is empty); export it again.")
    }
    let decoder = AttributeDecoder(
      tensors: tensors, node: "\(label) (\(opType.escaped(limit: 40)))")
    var attributes: [ONNXAttribute] = []
    for attribute in messages(proto.attribute, proto.n_attribute) {
      attributes.append(try decoder.attribute(attribute.pointee))
    }
    return ONNXNode(
      name: name, opType: opType, domain: standard(proto.domain),
      inputs: texts(proto.input, proto.n_input), outputs: texts(proto.output, proto.n_output),
      attributes: attributes)
  }

  private func valueInfo(_ proto: Onnx__ValueInfoProto) -> ONNXValueInfo {
    var info = ONNXValueInfo(name: text(proto.name), elementType: nil, dimensions: nil)
    guard let type = proto.type?.pointee, type.value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE,
      let tensor = type.tensor_type?.pointee
    else { return info }
    info.elementType = ONNXElementType(rawValue: Int(tensor.elem_type))
    info.dimensions = tensor.shape.map { shape in
      messages(shape.pointee.dim, shape.pointee.n_dim).map { dimension($0.pointee) }
    }
    return info
  }

  /// Some exporters write -1 or an empty name for an extent that is not known.
  private func dimension(_ proto: Onnx__TensorShapeProto__Dimension) -> ONNXDimension {
    switch proto.value_case {
    case ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE:
      return proto.dim_value < 0 ? .unknown : .fixed(Int(proto.dim_value))
    case ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM:
      let name = text(proto.dim_param)
      return name.isEmpty ? .unknown : .symbolic(name)
    default:
      return .unknown
    }
  }
}
