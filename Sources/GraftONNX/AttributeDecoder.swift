import CONNX

/// `AttributeProto` in C → `ONNXAttribute`.
///
/// Files of early exporters leave `type` out; the field that is set then says it. Files written by
/// proto3 leave zeros out; a declared FLOAT, INT or STRING without a value is therefore zero.
struct AttributeDecoder {
  let tensors: TensorDecoder
  /// Such as `node 'conv1' (Conv)`.
  let node: String

  /// The kinds by ONNX's number, with the field that holds each.
  private static let kinds: [(kind: Int, name: String, field: String)] = [
    (1, "FLOAT", "f"), (2, "INT", "i"), (3, "STRING", "s"), (4, "TENSOR", "t"), (5, "GRAPH", "g"),
    (6, "FLOATS", "floats"), (7, "INTS", "ints"), (8, "STRINGS", "strings"),
    (9, "TENSORS", "tensors"), (10, "GRAPHS", "graphs"), (11, "SPARSE_TENSOR", "sparse_tensor"),
    (12, "SPARSE_TENSORS", "sparse_tensors"), (13, "TYPE_PROTO", "tp"),
    (14, "TYPE_PROTOS", "type_protos"),
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
    guard let row = Self.kinds.first(where: { $0.kind == declared }) else {
      throw ONNXError("\(label) is of type \(declared); ONNX has types 1 to \(Self.kinds.count).")
    }
    if let other = present.first(where: { $0 != declared }) {
      let found = Self.kinds.first { $0.kind == other }!
      throw ONNXError(
        "\(label) is declared \(row.name), but field '\(found.field)' holds a value; "
          + "export the model again.")
    }
    return declared
  }

  private func presence(_ proto: Onnx__AttributeProto) -> [Int] {
    let isSet: [Int: Bool] = [
      1: proto.has_f != 0, 2: proto.has_i != 0, 3: proto.has_s != 0, 4: proto.t != nil,
      5: proto.g != nil, 6: proto.n_floats > 0, 7: proto.n_ints > 0, 8: proto.n_strings > 0,
      9: proto.n_tensors > 0, 10: proto.n_graphs > 0, 11: proto.sparse_tensor != nil,
      12: proto.n_sparse_tensors > 0, 13: proto.tp != nil, 14: proto.n_type_protos > 0,
    ]
    return isSet.filter(\.value).keys.sorted()
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
      return .other(kind: Self.kinds.first { $0.kind == kind }!.name)
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
