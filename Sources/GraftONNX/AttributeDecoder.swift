import CONNX

/// `AttributeProto` in C → `ONNXAttribute`.
///
/// Files of early exporters leave `type` out; the field that is set then says it. Files written by
/// proto3 leave zeros out; a declared FLOAT, INT or STRING without a value is therefore zero.
struct AttributeDecoder {
  let tensors: TensorDecoder
  /// Such as `node 'conv1' (Conv)`.
  let node: String

  /// The kinds in the order of ONNX's numbers, 1 to 14, with the field that holds each.
  private static let kinds: [(name: String, field: String)] = [
    ("FLOAT", "f"), ("INT", "i"), ("STRING", "s"), ("TENSOR", "t"), ("GRAPH", "g"),
    ("FLOATS", "floats"), ("INTS", "ints"), ("STRINGS", "strings"), ("TENSORS", "tensors"),
    ("GRAPHS", "graphs"), ("SPARSE_TENSOR", "sparse_tensor"),
    ("SPARSE_TENSORS", "sparse_tensors"), ("TYPE_PROTO", "tp"), ("TYPE_PROTOS", "type_protos"),
  ]

  func attribute(_ proto: Onnx__AttributeProto) throws(ONNXError) -> ONNXAttribute {
    let name = text(proto.name)
    let label = "\(node): attribute '\(name.escaped())'"
    guard !name.isEmpty else { throw ONNXError("\(node) has an attribute without a name.") }
    guard text(proto.ref_attr_name).isEmpty else {
      throw ONNXError("\(label) refers to an attribute of a function, but stands in no function.")
    }
    let kind = try kind(proto, label)
    return ONNXAttribute(name: name, value: try value(proto, kind, label))
  }

  /// The kind that is declared, or else the one whose field is set; no other field may be.
  private func kind(_ proto: Onnx__AttributeProto, _ label: String) throws(ONNXError) -> Int {
    let present = presence(proto)
    let declared = Int(proto.type.rawValue)
    guard declared != 0 else {
      guard present.count == 1 else {
        throw ONNXError("\(label) has \(present.count) values and no type; it needs one value.")
      }
      return present[0]
    }
    guard (1...Self.kinds.count).contains(declared) else {
      throw ONNXError("\(label) is of type \(declared); ONNX has types 1 to \(Self.kinds.count).")
    }
    if let other = present.first(where: { $0 != declared }) {
      throw ONNXError(
        "\(label) is declared \(Self.kinds[declared - 1].name), but field '\(Self.kinds[other - 1].field)' holds a value; "
          + "export the model again.")
    }
    return declared
  }

  /// The kinds whose fields are set.
  private func presence(_ proto: Onnx__AttributeProto) -> [Int] {
    let isSet = [
      proto.has_f != 0, proto.has_i != 0, proto.has_s != 0, proto.t != nil, proto.g != nil,
      proto.n_floats > 0, proto.n_ints > 0, proto.n_strings > 0, proto.n_tensors > 0,
      proto.n_graphs > 0, proto.sparse_tensor != nil, proto.n_sparse_tensors > 0, proto.tp != nil,
      proto.n_type_protos > 0,
    ]
    return isSet.indices.filter { isSet[$0] }.map { $0 + 1 }
  }

  private func value(
    _ proto: Onnx__AttributeProto, _ kind: Int, _ label: String
  ) throws(ONNXError) -> ONNXAttribute.Value {
    switch kind {
    case 1: return .float(proto.f)
    case 2: return .int(Int(proto.i))
    case 3: return .string(try string(proto.s, label))
    case 4:
      guard let tensor = proto.t else {
        throw ONNXError("\(label) is declared TENSOR, but holds none; export the model again.")
      }
      return .tensor(try tensors.tensor(tensor.pointee, label: "\(label)"))
    case 6: return .floats(Array(numbers(proto.floats, proto.n_floats)))
    case 7: return .ints(numbers(proto.ints, proto.n_ints).map { Int($0) })
    case 8:
      var strings: [String] = []
      for data in numbers(proto.strings, proto.n_strings) {
        strings.append(try string(data, label))
      }
      return .strings(strings)
    default:
      return .other(kind: Self.kinds[kind - 1].name)
    }
  }

  private func string(_ data: ProtobufCBinaryData, _ label: String) throws(ONNXError) -> String {
    let bytes = UnsafeBufferPointer(start: data.data, count: data.data == nil ? 0 : data.len)
    guard let string = String(validating: bytes, as: UTF8.self) else {
      throw ONNXError("\(label) is not UTF-8; export the model again.")
    }
    return string
  }
}
