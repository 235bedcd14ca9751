package import SystemPackage

/// Names from the file system as they may be shown to a person: one line, no control characters,
/// nothing that reorders the text around it.
///
/// What is not valid UTF-8 appears as `\xFF`; the path itself keeps its bytes.
package enum DisplayName {
  package static func escaped(_ bytes: some Collection<UInt8>) -> String {
    var text = ""
    var decoder = UTF8Scalars(bytes)
    while let piece = decoder.next() {
      switch piece {
      case .scalar("\n"): text += "\\n"
      case .scalar("\r"): text += "\\r"
      case .scalar("\t"): text += "\\t"
      case .scalar(let scalar) where isHarmful(scalar):
        text +=
          scalar.value < 0x100
          ? "\\x" + hex(UInt8(scalar.value)) : "\\u{" + String(scalar.value, radix: 16) + "}"
      case .scalar(let scalar): text.unicodeScalars.append(scalar)
      case .invalid(let byte): text += "\\x" + hex(byte)
      }
    }
    return text
  }

  package static func escaped(_ text: String) -> String { escaped(text.utf8) }

  private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    // Directional formatting; other format characters join emoji and letters.
    default: scalar.properties.isBidiControl
    }
  }

  private static func hex(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return digits.count == 1 ? "0" + digits : digits
  }
}

/// UTF-8 taken apart, invalid bytes one by one.
private struct UTF8Scalars {
  enum Piece {
    case scalar(Unicode.Scalar)
    case invalid(UInt8)
  }

  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: some Collection<UInt8>) { self.bytes = Array(bytes) }

  mutating func next() -> Piece? {
    guard position < bytes.count else { return nil }
    for length in 1...4 where position + length <= bytes.count {
      let candidate = bytes[position..<position + length]
      guard let text = String(validating: candidate, as: UTF8.self),
        let scalar = text.unicodeScalars.first
      else { continue }
      position += length
      return .scalar(scalar)
    }
    position += 1
    return .invalid(bytes[position - 1])
  }
}

extension FilePath {
  /// The path as it may be shown to a person.
  package var displayName: String { DisplayName.escaped(bytes) }

  /// The bytes of the path, without the closing zero.
  package var bytes: [UInt8] {
    withPlatformString { start in
      var count = 0
      while start[count] != 0 { count += 1 }
      return Array(UnsafeRawBufferPointer(start: start, count: count))
    }
  }

  package init(bytes: some Collection<UInt8>) {
    self = (bytes.map { CChar(bitPattern: $0) } + [0])
      .withUnsafeBufferPointer { FilePath(platformString: $0.baseAddress!) }
  }
}
