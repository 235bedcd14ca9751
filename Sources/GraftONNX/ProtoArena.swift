import CONNX

/// The memory of C messages that are about to be packed; all of it is freed together.
final class ProtoArena {
  private var blocks: [UnsafeMutableRawPointer] = []

  deinit { for block in blocks { block.deallocate() } }

  private func allocate<Element>(_ type: Element.Type, _ count: Int)
    -> UnsafeMutablePointer<Element>
  {
    let pointer = UnsafeMutablePointer<Element>.allocate(capacity: max(count, 1))
    blocks.append(UnsafeMutableRawPointer(pointer))
    return pointer
  }

  /// A message with its defaults, which the generated `…__init` sets.
  func message<Message>(
    _ initialize: (UnsafeMutablePointer<Message>?) -> Void
  ) -> UnsafeMutablePointer<Message> {
    let message = allocate(Message.self, 1)
    initialize(message)
    return message
  }

  /// A C string. It ends at its first NUL, so a text with one inside cannot be written.
  func string(_ text: String, _ what: @autoclosure () -> String) throws(ONNXError)
    -> UnsafeMutablePointer<CChar>
  {
    guard !text.utf8.contains(0) else {
      throw ONNXError("\(what()) '\(text.escaped())' contains a NUL byte, which ONNX names cannot.")
    }
    return array(text.utf8.map { CChar(bitPattern: $0) } + [0])
  }

  /// Bytes of a text, which may contain NUL.
  func data(_ text: String) -> ProtobufCBinaryData {
    ProtobufCBinaryData(len: text.utf8.count, data: array(Array(text.utf8)))
  }

  func array<Element>(_ elements: [Element]) -> UnsafeMutablePointer<Element> {
    let base = allocate(Element.self, elements.count)
    base.initialize(from: elements, count: elements.count)
    return base
  }

  /// A repeated message or string field.
  func pointers<Element>(_ elements: [UnsafeMutablePointer<Element>])
    -> UnsafeMutablePointer<UnsafeMutablePointer<Element>?>
  {
    array(elements.map { Optional($0) })
  }
}
