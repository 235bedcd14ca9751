public import GraftONNX
public import SystemPackage

/// Reads safetensors files: bytes → tensors by name.
///
/// The file is mapped, not loaded: numbers stay where they are until somebody looks at them. Nothing
/// that the header says is believed before it is checked: every byte behind the header belongs to
/// exactly one tensor, as the format demands.
/// Source: github.com/huggingface/safetensors, "Format" in its README.
public enum SafetensorsReader {
  /// The tensors in the order of the header, as ONNX has them: little-endian, row-major.
  public static func read(_ path: FilePath) throws(SafetensorsError) -> [ONNXTensor] {
    let name = path.string.escaped(limit: 120)
    let file: MappedFile
    do { file = try MappedFile(path, followingLinks: true) } catch { throw opening(error, name) }
    let tensors: [ONNXTensor]
    do {
      tensors = try read(bytes: file.bytes)
    } catch {
      let foreign = file.bytes.withUnsafeBytes { ForeignFormat(of: $0) }
      if let foreign, foreign.kind != .safetensors { throw notSafetensors(foreign, name) }
      throw SafetensorsError("\(name): \(error.message)", kind: error.kind, hints: error.hints)
    }
    guard file.isUnchanged else {
      throw SafetensorsError(
        "\(name): changed while it was read; try again when it is complete.", kind: .system)
    }
    return tensors
  }

  /// The tensors of a file in memory.
  public static func read(bytes: ONNXBytes) throws(SafetensorsError) -> [ONNXTensor] {
    let headerLength = try headerLength(bytes)
    let entries = try bytes.withUnsafeBytes { (file) throws(SafetensorsError) in
      var header = SafetensorsHeader(UnsafeRawBufferPointer(rebasing: file[8..<8 + headerLength]))
      return try header.entries()
    }
    let data = ONNXBytes(
      base: bytes.base + 8 + headerLength, count: bytes.count - 8 - headerLength,
      owner: bytes.owner)
    try checkOffsets(entries, dataLength: data.count)
    return try entries.map { (entry) throws(SafetensorsError) in try tensor(entry, data) }
  }

  /// The format's own limit.
  private static let largestHeader = 100_000_000

  private static func headerLength(_ bytes: ONNXBytes) throws(SafetensorsError) -> Int {
    guard bytes.count >= 8 else {
      throw SafetensorsError(
        "it has \(bytes.count) bytes; a safetensors file begins with eight that say how long its "
          + "header is.")
    }
    let length = bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    guard length <= largestHeader else {
      throw SafetensorsError(
        "it claims a header of \(length) bytes; the format allows \(largestHeader). It is damaged "
          + "or no safetensors file.")
    }
    guard length <= bytes.count - 8 else {
      throw SafetensorsError(
        "it claims a header of \(length) bytes, but \(bytes.count - 8) follow; it is cut off or no "
          + "safetensors file.")
    }
    return Int(length)
  }
}

// MARK: - Checks

extension SafetensorsReader {
  /// Refuses tensors that overlap, and bytes that belong to none.
  private static func checkOffsets(
    _ entries: [SafetensorsEntry], dataLength: Int
  ) throws(SafetensorsError) {
    for entry in entries {
      guard entry.begin <= entry.end else {
        throw SafetensorsError(
          "tensor '\(shown(entry.name))' begins at byte \(entry.begin) and ends at \(entry.end).")
      }
      guard entry.end <= dataLength else {
        throw SafetensorsError(
          "tensor '\(shown(entry.name))' ends at byte \(entry.end) of the data, which has "
            + "\(dataLength); the file is cut off: fetch it again.")
      }
    }
    var end = 0
    var previous = ""
    for entry in entries.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
      guard entry.begin >= end else {
        throw SafetensorsError(
          "tensors '\(shown(previous))' and '\(shown(entry.name))' overlap; write the file again.")
      }
      guard entry.begin == end else { throw gap(end, entry.begin) }
      (end, previous) = (entry.end, entry.name)
    }
    guard end == dataLength else { throw gap(end, dataLength) }
  }

  private static func gap(_ begin: Int, _ end: Int) -> SafetensorsError {
    SafetensorsError(
      "bytes \(begin) to \(end) of its data belong to no tensor, which the format forbids; fetch or "
        + "write the file again.")
  }

  private static let types: [String: ONNXElementType] = [
    "F64": .double, "F32": .float, "F16": .float16, "BF16": .bfloat16, "I64": .int64,
    "I32": .int32, "I16": .int16, "I8": .int8, "U64": .uint64, "U32": .uint32, "U16": .uint16,
    "U8": .uint8, "BOOL": .bool,
  ]

  private static func tensor(
    _ entry: SafetensorsEntry, _ data: ONNXBytes
  ) throws(SafetensorsError) -> ONNXTensor {
    let label = "tensor '\(shown(entry.name))'"
    guard let type = types[entry.type], let width = type.byteCount else {
      throw SafetensorsError(
        "\(label) has dtype \(shown(entry.type)); graft reads F64, F32, F16, BF16, integers and "
          + "BOOL.")
    }
    var wanted = width
    for extent in entry.dimensions {
      let (product, overflow) = wanted.multipliedReportingOverflow(by: extent)
      guard !overflow else {
        throw SafetensorsError(
          "\(label) has shape \(entry.dimensions), which is no size in memory.")
      }
      wanted = product
    }
    let count = entry.end - entry.begin
    guard wanted == count else {
      throw SafetensorsError(
        "\(label) of dtype \(entry.type) and shape \(entry.dimensions) takes \(wanted) bytes, but "
          + "its data_offsets give it \(count).")
    }
    return ONNXTensor(
      name: entry.name, elementType: type, dimensions: entry.dimensions,
      bytes: ONNXBytes(base: data.base + entry.begin, count: count, owner: data.owner))
  }

  // MARK: - Other files

  private static func opening(_ failure: MappedFile.Failure, _ name: String) -> SafetensorsError {
    switch failure {
    case .isFolder:
      SafetensorsError("\(name): is a folder; name the .safetensors file in it.")
    case .notRegular:
      SafetensorsError("\(name): is not a regular file; graft reads weights from files only.")
    case .system(let code) where Errno(rawValue: code) == .noSuchFileOrDirectory:
      SafetensorsError("\(name): no such file.", kind: .missing)
    case .system(let code):
      SafetensorsError(
        "\(name): cannot be opened: \(Errno(rawValue: code).description).", kind: .system)
    }
  }

  private static func notSafetensors(_ foreign: ForeignFormat, _ name: String) -> SafetensorsError {
    SafetensorsError(
      "\(name) is \(foreign.description), not a safetensors file.",
      hints: foreign.kind == .pytorch
        ? [
          "In Python: safetensors.torch.save_file(torch.load(FILE, weights_only=True), "
            + "'weights.safetensors')"
        ] : [])
  }
}

/// A name of the file's in a message.
func shown(_ name: String) -> String { name.escaped(limit: 80) }
