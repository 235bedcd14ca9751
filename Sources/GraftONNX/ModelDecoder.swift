import CONNX

/// `ModelProto` in C → `ONNXModel`. The C messages die after this; nothing here keeps them.
struct ModelDecoder {
  let tensors: TensorDecoder

  func model(_ proto: Onnx__ModelProto) throws(ONNXError) -> ONNXModel {
    let version = try irVersion(proto)
    let opsets = try opsets(proto)
    guard let graphProto = proto.graph?.pointee else {
      throw ONNXError("holds no graph, so it is no network; export the whole model.")
    }
    try refuseCalls(of: functions(proto), in: graphProto)
    var model = ONNXModel(
      irVersion: version, opsets: opsets,
      graph: try GraphDecoder(tensors: tensors).graph(graphProto))
    model.producerName = text(proto.producer_name)
    model.producerVersion = text(proto.producer_version)
    model.domain = text(proto.domain)
    model.modelVersion = Int(proto.model_version)
    model.documentation = text(proto.doc_string)
    model.metadata = messages(proto.metadata_props, proto.n_metadata_props).map {
      ONNXMetadataEntry(key: text($0.pointee.key), value: text($0.pointee.value))
    }
    return model
  }

  private func irVersion(_ proto: Onnx__ModelProto) throws(ONNXError) -> Int {
    guard proto.has_ir_version != 0 else {
      throw ONNXError("gives no ir_version, so it is no ONNX model; export it again.")
    }
    let (version, newest) = (Int(proto.ir_version), ONNXReader.newestIRVersion)
    guard version <= newest else {
      throw ONNXError(
        "has IR version \(version); graft reads \(ONNXReader.oldestIRVersion) to \(newest). "
          + "Export it for an older opset.")
    }
    guard version >= ONNXReader.oldestIRVersion else {
      throw ONNXError(
        "has IR version \(version); graft reads \(ONNXReader.oldestIRVersion) to \(newest). "
          + "Convert it with onnx.version_converter.")
    }
    return version
  }

  private func opsets(_ proto: Onnx__ModelProto) throws(ONNXError) -> [String: Int] {
    var opsets: [String: Int] = [:]
    for entry in messages(proto.opset_import, proto.n_opset_import) {
      let (domain, version) = (standard(entry.pointee.domain), Int(entry.pointee.version))
      if let other = opsets[domain], other != version {
        throw ONNXError(
          "imports the operator set '\(domain.escaped())' twice, as \(other) and \(version); "
            + "export it again.")
      }
      opsets[domain] = version
    }
    guard !opsets.isEmpty else {
      throw ONNXError("imports no operator set (opset_import is empty); export it again.")
    }
    return opsets
  }
}

// MARK: - Functions

extension ModelDecoder {
  private struct FunctionName: Hashable {
    let domain: String
    let name: String
  }

  private func functions(_ proto: Onnx__ModelProto) -> Set<FunctionName> {
    Set(
      messages(proto.functions, proto.n_functions).map {
        FunctionName(domain: standard($0.pointee.domain), name: text($0.pointee.name))
      })
  }

  /// Functions that nobody calls do no harm.
  private func refuseCalls(
    of functions: Set<FunctionName>, in graph: Onnx__GraphProto
  ) throws(ONNXError) {
    guard !functions.isEmpty else { return }
    for node in messages(graph.node, graph.n_node) {
      let called = FunctionName(
        domain: standard(node.pointee.domain), name: text(node.pointee.op_type))
      if functions.contains(called) {
        throw ONNXError(
          "node '\(text(node.pointee.name).escaped())' calls '\(called.name.escaped())', a function "
            + "that the model defines; graft reads models without functions.",
          hints: ["Put the functions in place with onnx.inliner.inline_local_functions."])
      }
    }
  }
}

// MARK: - Reading C

/// The domain with ONNX's own always written `""`.
func standard(_ domain: UnsafePointer<CChar>?) -> String {
  let name = text(domain)
  return name == "ai.onnx" ? "" : name
}

/// A C string, `""` where there is none. The scanner has refused bytes that are no UTF-8.
func text(_ string: UnsafePointer<CChar>?) -> String { string.map { String(cString: $0) } ?? "" }

/// A repeated message field.
func messages<Message>(
  _ base: UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?, _ count: Int
) -> [UnsafeMutablePointer<Message>] {
  UnsafeBufferPointer(start: base, count: base == nil ? 0 : count).compactMap { $0 }
}

/// A repeated string field.
func texts(
  _ base: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ count: Int
) -> [String] {
  UnsafeBufferPointer(start: base, count: base == nil ? 0 : count).map { text($0) }
}

/// A repeated number field.
func numbers<Number>(_ base: UnsafeMutablePointer<Number>?, _ count: Int)
  -> UnsafeBufferPointer<Number>
{
  UnsafeBufferPointer(start: base, count: base == nil ? 0 : count)
}
