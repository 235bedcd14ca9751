/// The first pass over a file, before protobuf-c sees anything of it.
///
/// protobuf-c trusts a file more than it should: it descends as deep as the file says, merges
/// repeated messages quadratically, cuts strings at NUL and copies all weights. This pass walks the
/// encoding without recursion, refuses what no writer of models produces, and copies everything but
/// long weights into a *skeleton* that protobuf-c can unpack cheaply.
///
/// In the skeleton a long payload (`raw_data`, packed `float_data` and `double_data`) is replaced by
/// a record, a field that no message has: number `19000 +` the payload's, holding offset and length
/// in the file, both UInt64 little-endian. Fields that the schema lacks are left out. Every message
/// is at most as long as in the file, so its length is written into as many bytes as before.
struct WireScanner {
  /// Where the skeleton says that a payload was left out.
  static let recordBase = 19_000
  static let recordBytes = 16
  /// Payloads of this many bytes or more stay in the file.
  static let longPayload = 1024

  private let bytes: UnsafeRawBufferPointer
  private let limits: ONNXLimits
  private let schema = WireSchema.model
  private var position = 0
  private var nodes = 0
  private var skeleton: [UInt8] = []
  private var open: [Frame]

  /// A message being read.
  private struct Frame {
    let message: Int
    let end: Int
    /// Singular fields and payloads that were there already.
    var seen: UInt64 = 0
    /// Packed payloads that were left out: no further piece may follow.
    var payloads: UInt64 = 0
    /// Where the skeleton holds its length, in how many bytes.
    let length: Range<Int>
  }

  private init(_ bytes: UnsafeRawBufferPointer, _ limits: ONNXLimits) {
    self.bytes = bytes
    self.limits = limits
    open = [Frame(message: 0, end: bytes.count, length: 0..<0)]
  }

  /// The skeleton of the model in `bytes`.
  static func skeleton(
    of bytes: UnsafeRawBufferPointer, limits: ONNXLimits
  ) throws(ONNXError) -> [UInt8] {
    guard bytes.count <= Int(Int32.max) else {
      throw ONNXError(
        "has \(bytes.count) bytes, but an ONNX file holds at most \(Int32.max).",
        hints: ["Save the weights as external data, beside the model."])
    }
    var scanner = WireScanner(bytes, limits)
    try scanner.scan()
    return scanner.skeleton
  }

  private mutating func scan() throws(ONNXError) {
    while let frame = open.last {
      if position == frame.end {
        close()
      } else {
        try readField()
      }
    }
  }

  private mutating func close() {
    let frame = open.removeLast()
    guard !open.isEmpty else { return }
    var length = skeleton.count - frame.length.upperBound
    for place in frame.length {
      let isLast = place == frame.length.upperBound - 1
      skeleton[place] = UInt8(length & 0x7F) | (isLast ? 0 : 0x80)
      length >>= 7
    }
  }
}

// MARK: - Fields

extension WireScanner {
  private var frame: Frame { open[open.count - 1] }
  private var message: WireSchema.Message { schema.messages[frame.message] }

  private mutating func readField() throws(ONNXError) {
    let start = position
    let tag = try readVarint(limit: 5, "a field number")
    let (number, wire) = (Int(tag >> 3), Int(tag & 7))
    guard number > 0, [0, 1, 2, 5].contains(wire) else {
      throw damaged(start, "no field of \(message.name) begins so (\(hex(bytes[start])))")
    }
    let field = message.field(number)
    guard let field else {
      // A field of a later version, or none: skipped like every reader of protobuf does.
      return try skip(wire, name: "field \(number)", at: start)
    }
    try note(field, wire, at: start)
    switch wire {
    case 0: _ = try readVarint(limit: 10, "field '\(field.name)'")
    case 1: try advance(8, field.name, at: start)
    case 5: try advance(4, field.name, at: start)
    default: return try readLengthDelimited(field, number, at: start)
    }
    keep(start..<position)
    open[open.count - 1].seen |= field.isPayload ? field.slot : 0
  }

  /// Checks the wire type, and that a singular field comes once.
  private mutating func note(
    _ field: WireSchema.Field, _ wire: Int, at start: Int
  ) throws(ONNXError) {
    let plain =
      switch field.encoding {
      case .varint: 0
      case .fixed64: 1
      case .fixed32: 5
      case .string, .bytes, .message: 2
      }
    guard wire == plain || wire == 2 && field.isRepeated else {
      throw damaged(
        start, "field '\(field.name)' of \(message.name) has wire type \(wire), expected \(plain)")
    }
    if !field.isRepeated {
      guard frame.seen & field.slot == 0 else {
        throw damaged(start, "field '\(field.name)' of \(message.name) stands twice")
      }
      open[open.count - 1].seen |= field.slot
    } else if frame.payloads & field.slot != 0 {
      throw damaged(start, "field '\(field.name)' of \(message.name) comes in pieces")
    }
    if field.isNode {
      nodes += 1
      guard nodes <= limits.nodes else {
        throw ONNXError("has more than \(limits.nodes) nodes, the most that graft reads.")
      }
    }
  }

  private mutating func readLengthDelimited(
    _ field: WireSchema.Field, _ number: Int, at start: Int
  ) throws(ONNXError) {
    let lengthStart = position
    let length = try readLength("field '\(field.name)'", at: start)
    let content = position..<(position + length)
    switch field.encoding {
    case .message(let child):
      guard open.count < limits.depth else {
        throw ONNXError("nests messages more than \(limits.depth) deep at byte \(start).")
      }
      keep(start..<position)
      let kept = skeleton.count - (position - lengthStart)..<skeleton.count
      open.append(Frame(message: child, end: content.upperBound, length: kept))
      return
    case .string:
      try checkText(content, field)
    case .fixed32, .fixed64:
      let width = if case .fixed32 = field.encoding { 4 } else { 8 }
      guard length % width == 0 else {
        throw damaged(
          start, "field '\(field.name)' has \(length) bytes, no multiple of \(width)")
      }
    case .varint:
      try checkPacked(content, field)
    case .bytes: break
    }
    position = content.upperBound
    guard field.isPayload, length >= Self.longPayload else {
      keep(start..<position)
      open[open.count - 1].seen |= field.isPayload ? field.slot : 0
      return
    }
    if field.isRepeated {
      guard frame.seen & field.slot == 0 else {
        throw damaged(start, "field '\(field.name)' of \(message.name) comes in pieces")
      }
      open[open.count - 1].payloads |= field.slot
    }
    keepRecord(number, content)
  }

  private func checkText(_ range: Range<Int>, _ field: WireSchema.Field) throws(ONNXError) {
    let text = UnsafeRawBufferPointer(rebasing: bytes[range])
    if text.contains(0) {
      throw damaged(
        range.lowerBound, "field '\(field.name)' of \(message.name) contains a NUL byte")
    }
    guard String(validating: text, as: UTF8.self) != nil else {
      throw damaged(range.lowerBound, "field '\(field.name)' of \(message.name) is not UTF-8")
    }
  }

  private func checkPacked(_ range: Range<Int>, _ field: WireSchema.Field) throws(ONNXError) {
    var digits = 0
    for place in range {
      digits += 1
      if bytes[place] < 0x80 {
        digits = 0
      } else if digits == 10 {
        throw damaged(place, "field '\(field.name)' holds a number of more than ten bytes")
      }
    }
    guard digits == 0 else {
      throw damaged(range.lowerBound, "field '\(field.name)' ends within a number")
    }
  }

  private mutating func skip(_ wire: Int, name: String, at start: Int) throws(ONNXError) {
    switch wire {
    case 0: _ = try readVarint(limit: 10, name)
    case 1: try advance(8, name, at: start)
    case 5: try advance(4, name, at: start)
    default: position += try readLength(name, at: start)
    }
  }
}

// MARK: - Bytes

extension WireScanner {
  private mutating func keep(_ range: Range<Int>) {
    skeleton.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[range]))
  }

  private mutating func keepRecord(_ number: Int, _ content: Range<Int>) {
    var tag = (Self.recordBase + number) << 3 | 2
    while tag >= 0x80 {
      skeleton.append(UInt8(tag & 0x7F) | 0x80)
      tag >>= 7
    }
    skeleton.append(UInt8(tag))
    skeleton.append(UInt8(Self.recordBytes))
    for value in [content.lowerBound, content.count] {
      withUnsafeBytes(of: UInt64(value).littleEndian) { skeleton.append(contentsOf: $0) }
    }
  }

  private mutating func readVarint(limit: Int, _ what: String) throws(ONNXError) -> UInt64 {
    let start = position
    var value: UInt64 = 0
    for digit in 0..<limit {
      guard position < frame.end else {
        throw short(start, "\(what) goes on past the end")
      }
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7F) << UInt64(7 * digit)
      if byte < 0x80 { return value }
    }
    throw damaged(start, "\(what) has more than \(limit) bytes")
  }

  /// A length, checked against the message around it before anyone believes it.
  private mutating func readLength(_ what: String, at start: Int) throws(ONNXError) -> Int {
    let lengthStart = position
    let claimed = try readVarint(limit: 10, "the length of \(what)")
    let present = frame.end - position
    guard claimed <= UInt64(present) else {
      let fileHas = bytes.count - position
      if claimed > UInt64(fileHas) {
        throw truncated(start, what, claimed, fileHas)
      }
      throw damaged(
        start,
        "\(what) of \(message.name) claims \(claimed) bytes, but its message has \(present) left")
    }
    guard position - lengthStart <= 5 else {
      throw damaged(start, "the length of \(what) has more than 5 bytes")
    }
    return Int(claimed)
  }

  private mutating func advance(_ count: Int, _ name: String, at start: Int) throws(ONNXError) {
    guard frame.end - position >= count else {
      throw short(start, "field '\(name)' of \(message.name) goes on past the end")
    }
    position += count
  }

  /// Past the end of the file, or only past that of the message: a message within another was
  /// found to be present in full.
  private func short(_ start: Int, _ finding: String) -> ONNXError {
    guard open.count == 1 else { return damaged(start, finding + " of its message") }
    return isForeign
      ? foreign
      : ONNXError("truncated: at byte \(start) \(finding) of the file; fetch the file again.")
  }

  private func truncated(
    _ start: Int, _ what: String, _ claimed: UInt64, _ present: Int
  ) -> ONNXError {
    if isForeign { return foreign }
    return ONNXError(
      "truncated: at byte \(start) \(what) of \(message.name) claims \(claimed) bytes, "
        + "but only \(present) are present; fetch the file again.")
  }

  private func damaged(_ place: Int, _ finding: String) -> ONNXError {
    if isForeign { return foreign }
    return ONNXError("damaged at byte \(place): \(finding); fetch or export the file again.")
  }

  /// Whether nothing so far looks like a model: no field that `ModelProto` has was completed.
  private var isForeign: Bool { open.count == 1 && skeleton.isEmpty && !startsAsModel }

  /// A first field of `ModelProto` with its wire type.
  private var startsAsModel: Bool {
    guard let first = bytes.first else { return false }
    // Fields 1 and 5 are numbers, 2, 3, 4, 6, 7, 8 and 14 have a length; the others need two bytes.
    return [0x08, 0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42, 0x72].contains(first)
      || bytes.count > 1 && bytes[1] == 0x01 && [0xA2, 0xCA, 0xD2].contains(first)
  }

  private var foreign: ONNXError {
    let first = bytes.prefix(4).map(hex).joined(separator: " ")
    return ONNXError(
      "is not an ONNX model: it begins with \(first).",
      hints: ["Export the network as ONNX, for example with torch.onnx.export."])
  }

  private func hex(_ byte: UInt8) -> String {
    "0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }
}
