import CONNX

/// The schema as the scanner needs it, taken from the descriptors that protoc-c generated.
struct WireSchema: Sendable {
  /// How a value stands in the file.
  enum Encoding: Sendable {
    case varint
    case fixed32
    case fixed64
    case string
    case bytes
    /// The index of the message in `messages`.
    case message(Int)
  }

  struct Field: Sendable {
    let name: String
    let encoding: Encoding
    let isRepeated: Bool
    /// A bit of its own, or one shared by the members of a oneof.
    let slot: UInt64
    /// What `TensorProto` keeps elements in: left out of the skeleton when it is long.
    let isPayload: Bool
    let isNode: Bool
  }

  struct Message: Sendable {
    let name: String
    /// By field number.
    var fields: [Field?]

    func field(_ number: Int) -> Field? { number < fields.count ? fields[number] : nil }
  }

  private(set) var messages: [Message] = []

  /// `ModelProto`, message 0, and everything it contains.
  static let model = WireSchema()

  private init() {
    var model = Onnx__ModelProto()
    onnx__model_proto__init(&model)
    var pending: [UnsafePointer<ProtobufCMessageDescriptor>] = [model.base.descriptor]
    // Breadth first, so that the index of a message is its place in `pending`.
    var next = 0
    while next < pending.count {
      let descriptor = pending[next].pointee
      var message = Message(name: String(cString: descriptor.short_name), fields: [])
      for index in 0..<Int(descriptor.n_fields) {
        let field = descriptor.fields[index]
        let number = Int(field.id)
        while message.fields.count <= number { message.fields.append(nil) }
        message.fields[number] = Self.field(
          field, slot: Self.slot(of: index, in: descriptor), message: message.name, &pending)
      }
      messages.append(message)
      next += 1
    }
  }

  private static func field(
    _ field: ProtobufCFieldDescriptor, slot: Int, message: String,
    _ pending: inout [UnsafePointer<ProtobufCMessageDescriptor>]
  ) -> Field {
    let name = String(cString: field.name)
    return Field(
      name: name, encoding: encoding(field, &pending),
      isRepeated: field.label == PROTOBUF_C_LABEL_REPEATED, slot: 1 << UInt64(slot),
      isPayload: message == "TensorProto"
        && ["raw_data", "float_data", "double_data"].contains(name),
      isNode: name == "node")
  }

  /// The members of a oneof share the place that says which of them is set.
  private static func slot(of index: Int, in descriptor: ProtobufCMessageDescriptor) -> Int {
    let field = descriptor.fields[index]
    guard field.flags & PROTOBUF_C_FIELD_FLAG_ONEOF.rawValue != 0 else { return index }
    return (0..<index).first {
      descriptor.fields[$0].flags & PROTOBUF_C_FIELD_FLAG_ONEOF.rawValue != 0
        && descriptor.fields[$0].quantifier_offset == field.quantifier_offset
    } ?? index
  }

  private static func encoding(
    _ field: ProtobufCFieldDescriptor,
    _ pending: inout [UnsafePointer<ProtobufCMessageDescriptor>]
  ) -> Encoding {
    switch field.type {
    case PROTOBUF_C_TYPE_FLOAT, PROTOBUF_C_TYPE_FIXED32, PROTOBUF_C_TYPE_SFIXED32: return .fixed32
    case PROTOBUF_C_TYPE_DOUBLE, PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_SFIXED64: return .fixed64
    case PROTOBUF_C_TYPE_STRING: return .string
    case PROTOBUF_C_TYPE_BYTES: return .bytes
    case PROTOBUF_C_TYPE_MESSAGE:
      let child = field.descriptor.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
      if let known = pending.firstIndex(of: child) { return .message(known) }
      pending.append(child)
      return .message(pending.count - 1)
    default: return .varint
    }
  }
}
