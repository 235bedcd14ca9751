import CONNX

/// `ONNXGraph` and its nodes → C messages.
struct GraphEncoder {
  let arena: ProtoArena

  func graph(_ graph: ONNXGraph) throws(ONNXError) -> UnsafeMutablePointer<Onnx__GraphProto> {
    let proto = arena.message(onnx__graph_proto__init)
    proto.pointee.name = try arena.string(graph.name, "graph name")
    let nodes = try each(graph.nodes) { (item) throws(ONNXError) in try node(item) }
    proto.pointee.n_node = nodes.count
    proto.pointee.node = arena.pointers(nodes)
    let tensors = try each(graph.initializers) { (item) throws(ONNXError) in
      try tensor(item, label: "tensor '\(item.name.escaped())'")
    }
    proto.pointee.n_initializer = tensors.count
    proto.pointee.initializer = arena.pointers(tensors)
    let inputs = try each(graph.inputs) { (item) throws(ONNXError) in try valueInfo(item) }
    proto.pointee.n_input = inputs.count
    proto.pointee.input = arena.pointers(inputs)
    let outputs = try each(graph.outputs) { (item) throws(ONNXError) in try valueInfo(item) }
    proto.pointee.n_output = outputs.count
    proto.pointee.output = arena.pointers(outputs)
    let infos = try each(graph.valueInfos) { (item) throws(ONNXError) in try valueInfo(item) }
    proto.pointee.n_value_info = infos.count
    proto.pointee.value_info = arena.pointers(infos)
    return proto
  }

  private func each<Item, Result>(
    _ items: [Item], _ encode: (Item) throws(ONNXError) -> Result
  ) throws(ONNXError) -> [Result] {
    var results: [Result] = []
    results.reserveCapacity(items.count)
    for item in items { results.append(try encode(item)) }
    return results
  }

  private func strings(
    _ texts: [String], _ what: String
  ) throws(ONNXError) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
    arena.pointers(try each(texts) { (text) throws(ONNXError) in try arena.string(text, what) })
  }

  private func node(_ node: ONNXNode) throws(ONNXError) -> UnsafeMutablePointer<Onnx__NodeProto> {
    let proto = arena.message(onnx__node_proto__init)
    proto.pointee.n_input = node.inputs.count
    proto.pointee.input = try strings(node.inputs, "input name")
    proto.pointee.n_output = node.outputs.count
    proto.pointee.output = try strings(node.outputs, "output name")
    if !node.name.isEmpty { proto.pointee.name = try arena.string(node.name, "node name") }
    proto.pointee.op_type = try arena.string(node.opType, "operator")
    if !node.domain.isEmpty { proto.pointee.domain = try arena.string(node.domain, "domain") }
    let attributes = try each(node.attributes) { (item) throws(ONNXError) in
      try attribute(item, of: node)
    }
    proto.pointee.n_attribute = attributes.count
    proto.pointee.attribute = arena.pointers(attributes)
    return proto
  }

  private func attribute(
    _ attribute: ONNXAttribute, of node: ONNXNode
  ) throws(ONNXError) -> UnsafeMutablePointer<Onnx__AttributeProto> {
    let label =
      "node '\(node.name.escaped())' (\(node.opType.escaped(limit: 40))): "
      + "attribute '\(attribute.name.escaped())'"
    let proto = arena.message(onnx__attribute_proto__init)
    proto.pointee.name = try arena.string(attribute.name, "attribute name")
    proto.pointee.has_type = 1
    switch attribute.value {
    case .float(let value):
      proto.pointee.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT
      (proto.pointee.has_f, proto.pointee.f) = (1, value)
    case .int(let value):
      proto.pointee.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT
      (proto.pointee.has_i, proto.pointee.i) = (1, Int64(value))
    case .string(let value):
      proto.pointee.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING
      (proto.pointee.has_s, proto.pointee.s) = (1, arena.data(value))
    case .tensor(let value):
      proto.pointee.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR
      proto.pointee.t = try tensor(value, label: label)
    case .floats(let values):
      proto.pointee.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS
      (proto.pointee.n_floats, proto.pointee.floats) = (values.count, arena.array(values))
    case .ints(let values):
      proto.pointee.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS
      proto.pointee.n_ints = values.count
      proto.pointee.ints = arena.array(values.map(Int64.init))
    case .strings(let values):
      proto.pointee.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS
      proto.pointee.n_strings = values.count
      proto.pointee.strings = arena.array(values.map(arena.data))
    case .other(let kind):
      throw ONNXError("\(label) is of kind \(kind.escaped(limit: 40)), which graft cannot write.")
    }
    return proto
  }

  private func tensor(
    _ tensor: ONNXTensor, label: String
  ) throws(ONNXError) -> UnsafeMutablePointer<Onnx__TensorProto> {
    var wanted: Int? = tensor.elementType.byteCount
    for extent in tensor.dimensions {
      let (product, overflow) = (wanted ?? 0).multipliedReportingOverflow(by: extent)
      wanted = overflow || extent < 0 ? nil : wanted.map { _ in product }
    }
    guard wanted == tensor.bytes.count else {
      throw ONNXError(
        "\(label) has \(tensor.bytes.count) bytes, which do not fill shape "
          + "\("\(tensor.dimensions)".escaped(limit: 60)) of \(tensor.elementType).")
    }
    let proto = arena.message(onnx__tensor_proto__init)
    proto.pointee.n_dims = tensor.dimensions.count
    proto.pointee.dims = arena.array(tensor.dimensions.map(Int64.init))
    proto.pointee.has_data_type = 1
    proto.pointee.data_type = Int32(tensor.elementType.rawValue)
    if !tensor.name.isEmpty { proto.pointee.name = try arena.string(tensor.name, "tensor name") }
    proto.pointee.has_raw_data = 1
    // Packing only reads; the field is not const because unpacking shares the type.
    let base = UnsafeMutableRawPointer(mutating: tensor.bytes.base)
    proto.pointee.raw_data = ProtobufCBinaryData(
      len: tensor.bytes.count, data: base.assumingMemoryBound(to: UInt8.self))
    return proto
  }

  private func valueInfo(
    _ info: ONNXValueInfo
  ) throws(ONNXError) -> UnsafeMutablePointer<Onnx__ValueInfoProto> {
    let proto = arena.message(onnx__value_info_proto__init)
    proto.pointee.name = try arena.string(info.name, "value name")
    guard info.elementType != nil || info.dimensions != nil else { return proto }
    let tensor = arena.message(onnx__type_proto__tensor__init)
    if let elementType = info.elementType {
      tensor.pointee.has_elem_type = 1
      tensor.pointee.elem_type = Int32(elementType.rawValue)
    }
    if let dimensions = info.dimensions {
      let extents = try each(dimensions) { (extent) throws(ONNXError) in try dimension(extent) }
      tensor.pointee.shape = arena.message(onnx__tensor_shape_proto__init)
      tensor.pointee.shape.pointee.n_dim = extents.count
      tensor.pointee.shape.pointee.dim = arena.pointers(extents)
    }
    let type = arena.message(onnx__type_proto__init)
    type.pointee.value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE
    type.pointee.tensor_type = tensor
    proto.pointee.type = type
    return proto
  }

  private func dimension(
    _ extent: ONNXDimension
  ) throws(ONNXError) -> UnsafeMutablePointer<Onnx__TensorShapeProto__Dimension> {
    let proto = arena.message(onnx__tensor_shape_proto__dimension__init)
    switch extent {
    case .fixed(let count):
      proto.pointee.value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE
      proto.pointee.dim_value = Int64(count)
    case .symbolic(let name):
      proto.pointee.value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM
      proto.pointee.dim_param = try arena.string(name, "dimension name")
    case .unknown: break
    }
    return proto
  }
}
