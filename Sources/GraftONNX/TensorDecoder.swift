import CONNX

/// `TensorProto` in C → `ONNXTensor`: whatever field holds the elements, their bytes.
struct TensorDecoder {
  /// The whole file, in which long payloads were left.
  let file: ONNXBytes
  let external: ExternalData

  /// The fields that may hold elements, by their numbers.
  private enum Field: Int {
    case floats = 4
    case int32s = 5
    case strings = 6
    case int64s = 7
    case raw = 9
    case doubles = 10
    case uint64s = 11

    var name: String {
      switch self {
      case .floats: "float_data"
      case .int32s: "int32_data"
      case .strings: "string_data"
      case .int64s: "int64_data"
      case .raw: "raw_data"
      case .doubles: "double_data"
      case .uint64s: "uint64_data"
      }
    }
  }

  func tensor(_ proto: Onnx__TensorProto, label: String) throws(ONNXError) -> ONNXTensor {
    let type = try elementType(proto, label)
    let dimensions = numbers(proto.dims, proto.n_dims).map { Int($0) }
    guard proto.segment == nil else {
      throw ONNXError("\(label) is a segment of a larger tensor; store it whole.")
    }
    let shape = "\(dimensions)".escaped(limit: 60)
    let count = try elementCount(dimensions, shape, label)
    // Strings never are weights; the type alone lets the graph say what it cannot use.
    guard let width = type.byteCount else {
      return ONNXTensor(
        name: text(proto.name), elementType: type, dimensions: dimensions, bytes: .none)
    }
    let (wanted, overflow) = count.multipliedReportingOverflow(by: width)
    guard !overflow else { throw tooLarge(shape, label) }
    let want = Want(type: type, count: count, bytes: wanted, shape: "shape \(shape) of \(type)")
    return ONNXTensor(
      name: text(proto.name), elementType: type, dimensions: dimensions,
      bytes: try bytes(proto, want, label))
  }

  /// What type and shape ask for.
  private struct Want {
    let type: ONNXElementType
    let count: Int
    let bytes: Int
    let shape: String

    /// Complex numbers stand in pairs.
    var numbers: Int { type == .complex64 || type == .complex128 ? 2 * count : count }

    var field: Field {
      switch type {
      case .float, .complex64: .floats
      case .double, .complex128: .doubles
      case .int64: .int64s
      case .uint64, .uint32: .uint64s
      case .string: .strings
      case .uint8, .int8, .uint16, .int16, .int32, .bool, .float16, .bfloat16: .int32s
      }
    }
  }

  private func elementType(
    _ proto: Onnx__TensorProto, _ label: String
  ) throws(ONNXError) -> ONNXElementType {
    if let type = ONNXElementType(rawValue: Int(proto.data_type)) { return type }
    let names = [
      17: "float8e4m3fn", 18: "float8e4m3fnuz", 19: "float8e5m2", 20: "float8e5m2fnuz", 21: "uint4",
      22: "int4", 23: "float4e2m1", 24: "float8e8m0", 25: "uint2", 26: "int2", 27: "float6e2m3",
      28: "float6e3m2",
    ]
    guard let name = names[Int(proto.data_type)] else {
      throw ONNXError(
        "\(label) has the unknown element type \(proto.data_type); ONNX has types 1 to 28.")
    }
    throw ONNXError(
      "\(label) has elements of type \(name), which graft does not read; convert it to float.")
  }

  private func elementCount(
    _ dimensions: [Int], _ shape: String, _ label: String
  ) throws(ONNXError) -> Int {
    guard dimensions.allSatisfy({ $0 >= 0 }) else {
      throw ONNXError("\(label) has shape \(shape) with a negative extent; export the model again.")
    }
    if dimensions.contains(0) { return 0 }
    var count = 1
    for extent in dimensions {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw tooLarge(shape, label) }
      count = product
    }
    return count
  }

  private func tooLarge(_ shape: String, _ label: String) -> ONNXError {
    ONNXError("\(label) has shape \(shape) with more elements than any file can hold.")
  }
}

// MARK: - Where the elements are

extension TensorDecoder {
  private func bytes(
    _ proto: Onnx__TensorProto, _ want: Want, _ label: String
  ) throws(ONNXError) -> ONNXBytes {
    let left = leftInFile(proto)
    var holding = present(proto)
    holding.append(contentsOf: left.keys)
    holding.sort { $0.rawValue < $1.rawValue }
    let isExternal = proto.data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL
    if holding.count > 1 || isExternal && !holding.isEmpty {
      let names = holding.map(\.name) + (isExternal ? ["external_data"] : [])
      throw ONNXError(
        "\(label) holds elements in \(names[0]) and \(names[1]) at once; it must use one of them.")
    }
    if isExternal { return try externalBytes(proto, want, label) }
    guard let field = holding.first else {
      guard want.bytes == 0 else {
        throw ONNXError("\(label) holds no elements, but \(want.shape) needs \(want.bytes) bytes.")
      }
      return .none
    }
    if field == .raw { return try rawBytes(left[.raw] ?? bytes(of: proto.raw_data), want, label) }
    guard field == want.field else {
      throw ONNXError(
        "\(label) holds \(want.type) elements in \(field.name); they belong in raw_data or "
          + "\(want.field.name).")
    }
    return try typedBytes(proto, left[field], want, label)
  }

  private func present(_ proto: Onnx__TensorProto) -> [Field] {
    var fields: [Field] = []
    if proto.n_float_data > 0 { fields.append(.floats) }
    if proto.n_int32_data > 0 { fields.append(.int32s) }
    if proto.n_string_data > 0 { fields.append(.strings) }
    if proto.n_int64_data > 0 { fields.append(.int64s) }
    if proto.has_raw_data != 0, proto.raw_data.len > 0 { fields.append(.raw) }
    if proto.n_double_data > 0 { fields.append(.doubles) }
    if proto.n_uint64_data > 0 { fields.append(.uint64s) }
    return fields
  }

  /// The payloads that the scanner left in the file, from the records it wrote instead.
  private func leftInFile(_ proto: Onnx__TensorProto) -> [Field: ONNXBytes] {
    var found: [Field: ONNXBytes] = [:]
    for unknown in numbers(proto.base.unknown_fields, Int(proto.base.n_unknown_fields)) {
      guard let field = Field(rawValue: Int(unknown.tag) - WireScanner.recordBase),
        unknown.len == WireScanner.recordBytes + 1
      else { continue }
      // protobuf-c keeps the length in front of an unknown field: one byte here.
      let record = UnsafeRawPointer(unknown.data!) + 1
      let offset = record.loadUnaligned(as: UInt64.self).littleEndian
      let count = record.loadUnaligned(fromByteOffset: 8, as: UInt64.self).littleEndian
      found[field] = ONNXBytes(base: file.base + Int(offset), count: Int(count), owner: file.owner)
    }
    return found
  }

  private func bytes(of data: ProtobufCBinaryData) -> ONNXBytes {
    ONNXBytes(copying: UnsafeRawBufferPointer(start: data.data, count: data.len))
  }

  private func rawBytes(
    _ raw: ONNXBytes, _ want: Want, _ label: String
  ) throws(ONNXError) -> ONNXBytes {
    guard raw.count == want.bytes else {
      throw ONNXError(
        "\(label): raw_data has \(raw.count) bytes, but \(want.shape) needs \(want.bytes).")
    }
    return raw
  }

  private func externalBytes(
    _ proto: Onnx__TensorProto, _ want: Want, _ label: String
  ) throws(ONNXError) -> ONNXBytes {
    var entries: [String: String] = [:]
    for entry in messages(proto.external_data, proto.n_external_data) {
      let key = text(entry.pointee.key)
      guard entries.updateValue(text(entry.pointee.value), forKey: key) == nil else {
        throw ONNXError("\(label): its external_data gives '\(key.escaped())' twice.")
      }
    }
    guard let name = entries["location"] else {
      throw ONNXError("\(label): its external_data names no file (key 'location').")
    }
    let offset = try number(entries["offset"], "offset", label) ?? 0
    let length = try number(entries["length"], "length", label) ?? want.bytes
    guard length == want.bytes else {
      throw ONNXError(
        "\(label): '\(name.escaped())' is to give \(length) bytes, but \(want.shape) needs "
          + "\(want.bytes).")
    }
    return try external.bytes(of: name, offset: offset, count: length, label: label)
  }

  private func number(
    _ value: String?, _ key: String, _ label: String
  ) throws(ONNXError) -> Int? {
    guard let value else { return nil }
    guard let number = Int(value), number >= 0 else {
      throw ONNXError(
        "\(label): its external_data has \(key) '\(value.escaped(limit: 40))', not a count of bytes."
      )
    }
    return number
  }
}

// MARK: - Typed fields

extension TensorDecoder {
  private func typedBytes(
    _ proto: Onnx__TensorProto, _ left: ONNXBytes?, _ want: Want, _ label: String
  ) throws(ONNXError) -> ONNXBytes {
    let field = want.field
    let width = field == .floats ? 4 : 8
    let present =
      left.map { $0.count / width }
      ?? [
        .floats: proto.n_float_data, .int32s: proto.n_int32_data, .int64s: proto.n_int64_data,
        .doubles: proto.n_double_data, .uint64s: proto.n_uint64_data,
      ][field] ?? 0
    guard present == want.numbers else {
      throw ONNXError(
        "\(label): \(field.name) has \(present) numbers, but \(want.shape) needs \(want.numbers).")
    }
    if let left { return left }
    switch field {
    case .floats: return packed(numbers(proto.float_data, present).lazy.map(\.bitPattern))
    case .doubles: return packed(numbers(proto.double_data, present).lazy.map(\.bitPattern))
    case .int64s: return packed(numbers(proto.int64_data, present))
    case .uint64s where want.type == .uint64: return packed(numbers(proto.uint64_data, present))
    case .uint64s:
      return try narrowed(numbers(proto.uint64_data, present), to: UInt32.self, want, label)
    default:
      let source = numbers(proto.int32_data, present)
      switch want.type {
      case .int8: return try narrowed(source, to: Int8.self, want, label)
      case .uint8: return try narrowed(source, to: UInt8.self, want, label)
      case .bool: return try narrowed(source, to: UInt8.self, maximum: 1, want, label)
      case .int16: return try narrowed(source, to: Int16.self, want, label)
      // The bits of a 16-bit float, as an unsigned number.
      case .uint16, .float16, .bfloat16: return try narrowed(source, to: UInt16.self, want, label)
      default: return packed(source)
      }
    }
  }

  private func packed<Source: Collection>(_ source: Source) -> ONNXBytes
  where Source.Element: FixedWidthInteger {
    let width = MemoryLayout<Source.Element>.size
    let allocation = ONNXAllocation(count: source.count * width)
    for (index, element) in source.enumerated() {
      allocation.base.storeBytes(
        of: element.littleEndian, toByteOffset: index * width, as: Source.Element.self)
    }
    return ONNXBytes(
      base: UnsafeRawPointer(allocation.base), count: source.count * width, owner: allocation)
  }

  private func narrowed<Wide: FixedWidthInteger, Narrow: FixedWidthInteger>(
    _ source: UnsafeBufferPointer<Wide>, to: Narrow.Type, maximum: Narrow = .max, _ want: Want,
    _ label: String
  ) throws(ONNXError) -> ONNXBytes {
    if let outside = source.first(where: { $0 < Narrow.min || $0 > maximum }) {
      throw ONNXError(
        "\(label): \(want.field.name) holds \(outside), which is no \(want.type); "
          + "export the model again.")
    }
    return packed(source.lazy.map { Narrow(truncatingIfNeeded: $0) })
  }
}

extension ONNXBytes {
  /// No bytes.
  static var none: ONNXBytes { ONNXBytes(copying: UnsafeRawBufferPointer(start: nil, count: 0)) }
}
