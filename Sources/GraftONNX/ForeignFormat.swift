/// What a file that is no ONNX model is instead, judged by its first bytes.
package struct ForeignFormat {
  /// Completes "model.onnx is …, not a model."
  package let description: String
  let hints: [String]

  package let kind: Kind

  /// What matters to whoever reads weights without a network.
  package enum Kind: Sendable { case pytorch, safetensors, other }

  func error(subject: String) -> ONNXError {
    ONNXError("\(subject) is \(description), not a model.", hints: hints)
  }

  /// Nil where the bytes are nothing known.
  package init?(of bytes: UnsafeRawBufferPointer) {
    guard
      let found = Self.empty(bytes) ?? Self.pointer(bytes) ?? Self.archive(bytes)
        ?? Self.weights(bytes) ?? Self.network(bytes) ?? Self.picture(bytes) ?? Self.text(bytes)
    else { return nil }
    self = found
  }

  private init(_ description: String, _ hints: String..., kind: Kind = .other) {
    self.description = description
    self.hints = hints
    self.kind = kind
  }

  private static let export = "Export the network with torch.onnx.export."
}

// MARK: - Kinds

extension ForeignFormat {
  private static func empty(_ bytes: UnsafeRawBufferPointer) -> Self? {
    bytes.isEmpty ? Self("empty (0 bytes)", "Fetch or export the file again.") : nil
  }

  private static func pointer(_ bytes: UnsafeRawBufferPointer) -> Self? {
    guard bytes.starts(with: "version https://git-lfs.github.com/spec/") else { return nil }
    var found = Self("a Git LFS pointer (\(bytes.count) bytes)", "Run 'git lfs pull' there.")
    let lines = String(decoding: bytes.prefix(1024), as: UTF8.self).split(separator: "\n")
    let value = { (key: String) in lines.first { $0.hasPrefix(key) }?.dropFirst(key.count) }
    if let size = value("size ").flatMap({ Int($0) }), let oid = value("oid ") {
      found = Self(
        found.description, found.hints[0],
        "It stands for \(size) bytes (\(oid.escaped())).")
    }
    return found
  }

  private static func archive(_ bytes: UnsafeRawBufferPointer) -> Self? {
    if bytes.starts(with: "PK\u{3}\u{4}") {
      let head = String(decoding: bytes.prefix(512), as: UTF8.self)
      return head.contains("data.pkl") || head.contains("/version") || head.contains("/byteorder")
        ? Self("a PyTorch file (zip with pickle)", export, kind: .pytorch)
        : Self("a zip archive", "Unpack it; a PyTorch file is exported with torch.onnx.export.")
    }
    if bytes.starts(with: [0x1F, 0x8B]) { return Self("a gzip file", "Unpack it with gunzip.") }
    if bytes.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]) {
      return Self("an xz file", "Unpack it with unxz.")
    }
    if bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
      return Self("a Zstandard file", "Unpack it with unzstd.")
    }
    if bytes.count > 262, UnsafeRawBufferPointer(rebasing: bytes[257...]).starts(with: "ustar") {
      return Self("a tar archive", "Unpack it with tar -xf; the .onnx file is inside.")
    }
    return nil
  }

  private static func weights(_ bytes: UnsafeRawBufferPointer) -> Self? {
    if bytes.count > 2, bytes[0] == 0x80, (2...5).contains(bytes[1]) {
      return Self("a Python pickle (such as an old PyTorch file)", export, kind: .pytorch)
    }
    if bytes.starts(with: [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]) {
      return Self("an HDF5 file (such as Keras writes)", "Convert the network with tf2onnx.")
    }
    // Its header: eight bytes of length, then JSON.
    if bytes.count > 10, bytes[8] == UInt8(ascii: "{"),
      bytes.loadUnaligned(as: UInt64.self).littleEndian <= UInt64(min(bytes.count, 100 << 20))
    {
      return Self(
        "a safetensors file (weights without a network)",
        "graft convert puts weights onto a network: graft convert resnet50 FILE -o model.onnx",
        kind: .safetensors)
    }
    if bytes.starts(with: [0x93] + Array("NUMPY".utf8)) {
      return Self("a NumPy array", export)
    }
    return nil
  }

  private static func network(_ bytes: UnsafeRawBufferPointer) -> Self? {
    if bytes.starts(with: "GGUF") { return Self("a GGUF file", export) }
    guard bytes.count >= 8 else { return nil }
    let identifier = UnsafeRawBufferPointer(rebasing: bytes[4..<8])
    if identifier.starts(with: "TFL3") {
      return Self("a TensorFlow Lite file", "Convert the network with tf2onnx.")
    }
    if identifier.starts(with: "ORTM") {
      return Self("an ONNX Runtime (.ort) file", "Use the .onnx file it was made from.")
    }
    return nil
  }

  private static func picture(_ bytes: UnsafeRawBufferPointer) -> Self? {
    let hint = "The model comes first, then the photos."
    if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) { return Self("a PNG picture", hint) }
    if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return Self("a JPEG picture", hint) }
    if bytes.starts(with: "GIF8") { return Self("a GIF picture", hint) }
    if bytes.starts(with: "%PDF") { return Self("a PDF document", "Fetch the .onnx file.") }
    return nil
  }

  private static func text(_ bytes: UnsafeRawBufferPointer) -> Self? {
    let head = bytes.prefix(256)
    let start = String(decoding: head, as: UTF8.self).drop { $0.isWhitespace || $0 == "\u{FEFF}" }
    if start.hasPrefix("<") {
      return Self(
        "a web page (HTML or XML)", "The download gave a page instead of the file; fetch it again.")
    }
    let isText = head.allSatisfy { (0x20..<0x7F).contains($0) || (0x09...0x0D).contains($0) }
    return isText && bytes.count >= 4
      ? Self("a text file", "Fetch or export the .onnx file again.") : nil
  }
}

extension UnsafeRawBufferPointer {
  fileprivate func starts(with text: String) -> Bool { starts(with: text.utf8) }
}
