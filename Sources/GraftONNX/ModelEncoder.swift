import CONNX

/// `ONNXModel` → `ModelProto` in C. Weights are pointed at, not copied: the model must outlive the
/// message, as must the arena.
struct ModelEncoder {
  let arena: ProtoArena

  func model(_ model: ONNXModel) throws(ONNXError) -> UnsafeMutablePointer<Onnx__ModelProto> {
    let proto = arena.message(onnx__model_proto__init)
    proto.pointee.has_ir_version = 1
    proto.pointee.ir_version = Int64(model.irVersion)
    proto.pointee.producer_name = try optional(model.producerName, "producer name")
    proto.pointee.producer_version = try optional(model.producerVersion, "producer version")
    proto.pointee.domain = try optional(model.domain, "domain")
    proto.pointee.has_model_version = model.modelVersion == 0 ? 0 : 1
    proto.pointee.model_version = Int64(model.modelVersion)
    proto.pointee.doc_string = try optional(model.documentation, "documentation")

    var opsets: [UnsafeMutablePointer<Onnx__OperatorSetIdProto>] = []
    // A dictionary has no order; the file must not change from run to run.
    for (domain, version) in model.opsets.sorted(by: { $0.key < $1.key }) {
      let entry = arena.message(onnx__operator_set_id_proto__init)
      entry.pointee.domain = try arena.string(domain, "domain")
      entry.pointee.has_version = 1
      entry.pointee.version = Int64(version)
      opsets.append(entry)
    }
    proto.pointee.n_opset_import = opsets.count
    proto.pointee.opset_import = arena.pointers(opsets)

    var metadata: [UnsafeMutablePointer<Onnx__StringStringEntryProto>] = []
    for entry in model.metadata {
      let pair = arena.message(onnx__string_string_entry_proto__init)
      pair.pointee.key = try arena.string(entry.key, "metadata key")
      pair.pointee.value = try arena.string(entry.value, "metadata value")
      metadata.append(pair)
    }
    proto.pointee.n_metadata_props = metadata.count
    proto.pointee.metadata_props = arena.pointers(metadata)
    proto.pointee.graph = try GraphEncoder(arena: arena).graph(model.graph)
    return proto
  }

  private func optional(
    _ text: String, _ what: String
  ) throws(ONNXError) -> UnsafeMutablePointer<CChar>? {
    text.isEmpty ? nil : try arena.string(text, what)
  }
}
