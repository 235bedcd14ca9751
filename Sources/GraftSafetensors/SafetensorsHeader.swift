/// What the header says of one tensor.
struct SafetensorsEntry {
  var name: String
  /// Such as `F32`.
  var type = ""
  var dimensions: [Int] = []
  /// Where its bytes begin and end, counted from the end of the header.
  var begin = 0
  var end = 0
}

/// Reads the header: the JSON object `{name: {"dtype": …, "shape": […], "data_offsets": [b, e]}, …}`.
///
/// Only this form is read, not any JSON, so that a header of any bytes takes memory for its tensors
/// and nothing else, and a name that stands twice is seen.
struct SafetensorsHeader {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  /// A network has some hundreds of tensors, a large one some thousands.
  static let largestTensorCount = 100_000
  private static let largestRank = 32

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// The tensors in the order of the header.
  mutating func entries() throws(SafetensorsError) -> [SafetensorsEntry] {
    var entries: [SafetensorsEntry] = []
    var names: Set<String> = []
    try members { (scanner, name) throws(SafetensorsError) in
      guard names.insert(name).inserted else {
        throw SafetensorsError("its header has '\(shown(name))' twice; write the file again.")
      }
      guard name != "__metadata__" else { return try scanner.skipMetadata() }
      guard entries.count < Self.largestTensorCount else {
        throw SafetensorsError(
          "it has more than \(Self.largestTensorCount) tensors; no network has so many.")
      }
      entries.append(try scanner.entry(name))
    }
    skipSpace()
    guard position == bytes.count else { throw malformed("nothing more") }
    return entries
  }

  private mutating func entry(_ name: String) throws(SafetensorsError) -> SafetensorsEntry {
    var entry = SafetensorsEntry(name: name)
    var seen: Set<String> = []
    try members { (scanner, key) throws(SafetensorsError) in
      guard seen.insert(key).inserted else {
        throw SafetensorsError("tensor '\(shown(name))' says its \(shown(key)) twice.")
      }
      switch key {
      case "dtype": entry.type = try scanner.string()
      case "shape": entry.dimensions = try scanner.integers(atMost: Self.largestRank)
      case "data_offsets":
        let offsets = try scanner.integers(atMost: 2)
        guard offsets.count == 2 else {
          throw SafetensorsError("tensor '\(shown(name))' has no two data_offsets.")
        }
        (entry.begin, entry.end) = (offsets[0], offsets[1])
      default:
        throw SafetensorsError(
          "tensor '\(shown(name))' has the key '\(shown(key))'; expected dtype, shape and "
            + "data_offsets.")
      }
    }
    for key in ["dtype", "shape", "data_offsets"] where !seen.contains(key) {
      throw SafetensorsError("tensor '\(shown(name))' has no \(key); write the file again.")
    }
    return entry
  }

  /// Texts for people; the weights do not depend on them.
  private mutating func skipMetadata() throws(SafetensorsError) {
    try members { (scanner, _) throws(SafetensorsError) in _ = try scanner.string() }
  }
}

// MARK: - JSON

extension SafetensorsHeader {
  /// Calls `body` where the value of each member begins.
  private mutating func members(
    _ body: (inout SafetensorsHeader, String) throws(SafetensorsError) -> Void
  ) throws(SafetensorsError) {
    try expect("{")
    if takes("}") { return }
    repeat {
      skipSpace()
      let key = try string()
      try expect(":")
      try body(&self, key)
    } while takes(",")
    try expect("}")
  }

  private mutating func integers(atMost limit: Int) throws(SafetensorsError) -> [Int] {
    try expect("[")
    var values: [Int] = []
    if takes("]") { return values }
    repeat {
      guard values.count < limit else { throw malformed("at most \(limit) numbers") }
      values.append(try integer())
    } while takes(",")
    try expect("]")
    return values
  }

  /// A number without sign, fraction or exponent.
  private mutating func integer() throws(SafetensorsError) -> Int {
    skipSpace()
    let start = position
    var value = 0
    while let digit = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) {
      let (ten, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, more) = ten.addingReportingOverflow(Int(digit - UInt8(ascii: "0")))
      guard !overflow, !more else { throw malformed("a number up to \(Int.max)") }
      value = sum
      position += 1
    }
    let isPadded = position - start > 1 && bytes[start] == UInt8(ascii: "0")
    guard position > start, !isPadded else { throw malformed("a number") }
    return value
  }

  private mutating func string() throws(SafetensorsError) -> String {
    try expect("\"")
    var text: [UInt8] = []
    while let byte = current, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw malformed("no control characters in a text") }
      position += 1
      if byte == UInt8(ascii: "\\") {
        text += try escape()
      } else {
        text.append(byte)
      }
    }
    try expect("\"")
    guard let string = String(validating: text, as: UTF8.self) else {
      throw malformed("a text in UTF-8")
    }
    return string
  }

  private mutating func escape() throws(SafetensorsError) -> [UInt8] {
    guard let letter = current else { throw malformed("an escape") }
    position += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [letter]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"): return try unicode()
    default: throw malformed("an escape")
    }
  }

  /// Behind `\u`: four digits, and for what lies beyond 16 bits another such escape.
  private mutating func unicode() throws(SafetensorsError) -> [UInt8] {
    var units = [try hexadecimal()]
    if units[0] & 0xFC00 == 0xD800, current == UInt8(ascii: "\\") {
      position += 1
      guard current == UInt8(ascii: "u") else { throw malformed("the second half of a pair") }
      position += 1
      units.append(try hexadecimal())
    }
    guard let text = String(validating: units, as: UTF16.self) else {
      throw malformed("a character")
    }
    return Array(text.utf8)
  }

  private mutating func hexadecimal() throws(SafetensorsError) -> UInt16 {
    guard position + 4 <= bytes.count else { throw malformed("four hexadecimal digits") }
    var value: UInt16 = 0
    for byte in bytes[position..<position + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw malformed("four hexadecimal digits")
      }
      value = value << 4 | UInt16(digit)
    }
    position += 4
    return value
  }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = current, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
  }

  private mutating func takes(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard current == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(SafetensorsError) {
    guard takes(character) else { throw malformed("'\(character)'") }
  }

  private func malformed(_ expected: String) -> SafetensorsError {
    SafetensorsError(
      "its header is damaged at byte \(8 + position): expected \(expected); fetch or write the "
        + "file again.")
  }
}
