import Foundation
import GraftONNX
import GraftSafetensors
import SystemPackage
import Testing

@Suite struct SafetensorsReaderTests {
  /// A file with this header, padded with spaces as writers do, and data.
  private func file(_ header: String, _ data: [UInt8] = [], length: UInt64? = nil) -> [UInt8] {
    let text = Array(header.utf8)
    return withUnsafeBytes(of: (length ?? UInt64(text.count)).littleEndian) { Array($0) } + text
      + data
  }

  private func read(_ bytes: [UInt8]) throws(SafetensorsError) -> [ONNXTensor] {
    try SafetensorsReader.read(bytes: bytes.withUnsafeBytes { ONNXBytes(copying: $0) })
  }

  private func refusal(_ bytes: [UInt8]) -> String? {
    do throws(SafetensorsError) {
      _ = try read(bytes)
      return nil
    } catch {
      return error.message
    }
  }

  private func entry(
    _ name: String, _ type: String, _ shape: String, _ begin: Int, _ end: Int
  ) -> String {
    #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[\#(begin),\#(end)]}"#
  }

  @Test func readsTensorsInAnyOrder() throws {
    let header =
      #" {"__metadata__": {"format":"pt", "a\n\u00e9": ""}, "#
      + entry("b", "F16", "[2, 1]", 4, 8) + " ,\n" + entry("a", "F32", "[]", 0, 4) + ","
      + entry("empty", "I64", "[0,3]", 8, 8) + "}   "
    let tensors = try read(file(String(header.dropFirst()), [0, 0, 0x80, 0x3F, 1, 2, 3, 4]))
    #expect(tensors.map(\.name) == ["b", "a", "empty"])
    #expect(tensors.map(\.elementType) == [.float16, .float, .int64])
    #expect(tensors.map(\.dimensions) == [[2, 1], [], [0, 3]])
    #expect(
      tensors.map { tensor in tensor.bytes.withUnsafeBytes { Array($0) } }
        == [[1, 2, 3, 4], [0, 0, 0x80, 0x3F], []])
    #expect(try read(file("{}")).isEmpty)
  }

  @Test(
    arguments: [
      ("F64", 8, .double), ("F32", 4, .float), ("F16", 2, .float16), ("BF16", 2, .bfloat16),
      ("I64", 8, .int64), ("I32", 4, .int32), ("I16", 2, .int16), ("I8", 1, .int8),
      ("U64", 8, .uint64), ("U32", 4, .uint32), ("U16", 2, .uint16), ("U8", 1, .uint8),
      ("BOOL", 1, .bool),
    ] as [(String, Int, ONNXElementType)])
  func knowsItsTypes(_ name: String, _ width: Int, _ type: ONNXElementType) throws {
    let header = "{" + entry("w", name, "[3]", 0, 3 * width) + "}"
    let tensors = try read(file(header, [UInt8](repeating: 0, count: 3 * width)))
    #expect(tensors.map(\.elementType) == [type])
  }

  @Test func readsEscapedNames() throws {
    let header = "{" + entry(#"a\"\\\/\t\u00e9\ud83d\ude00"#, "U8", "[1]", 0, 1) + "}"
    #expect(try read(file(header, [0])).map(\.name) == ["a\"\\/\té😀"])
  }

  @Test func refusesLengthsThatCannotBe() {
    #expect(
      refusal([1, 2, 3])
        == "it has 3 bytes; a safetensors file begins with eight that say how long its header is.")
    #expect(
      refusal(file("{}", length: 3))
        == "it claims a header of 3 bytes, but 2 follow; it is cut off or no safetensors file.")
    #expect(
      refusal(file("{}", length: .max))
        == "it claims a header of 18446744073709551615 bytes; the format allows 100000000. It is "
        + "damaged or no safetensors file.")
  }

  @Test(
    arguments: [
      ("", 8, "'{'"), ("{", 9, "'\"'"), ("[]", 8, "'{'"), ("{} x", 11, "nothing more"),
      (#"{"a""#, 12, "':'"), (#"{"a\q"#, 13, "an escape"),
      (#"{"\u12"#, 12, "four hexadecimal digits"),
      (#"{"\ud800""#, 16, "a character"), (#"{"a":{"shape":[1"#, 24, "']'"),
      (#"{"a":{"shape":[-1]"#, 23, "a number"), (#"{"a":{"shape":[01]"#, 25, "a number"),
      (#"{"a":{"shape":[9223372036854775808]"#, 41, "a number up to 9223372036854775807"),
      (#"{"a":{"data_offsets":[0,1,2]"#, 34, "at most 2 numbers"),
      (#"{"a":{"shape":[1.5]"#, 24, "']'"), ("{\"a\n", 11, "no control characters in a text"),
      (#"{"__metadata__":{"a":1}}"#, 29, "'\"'"),
    ])
  func refusesWhatIsNoHeader(_ header: String, _ place: Int, _ expected: String) {
    #expect(
      refusal(file(header))
        == "its header is damaged at byte \(place): expected \(expected); fetch or write the file "
        + "again.")
  }

  @Test func refusesTextThatIsNotUTF8() {
    var bytes = file(#"{"ab":{}}"#)
    bytes[10] = 0xFF
    #expect(
      refusal(bytes)?.hasSuffix("expected a text in UTF-8; fetch or write the file again.") == true)
  }

  @Test func refusesEntriesThatAreIncompleteOrDoubled() {
    #expect(
      refusal(file("{" + entry("a", "U8", "[0]", 0, 0) + "," + entry("a", "U8", "[0]", 0, 0) + "}"))
        == "its header has 'a' twice; write the file again.")
    #expect(
      refusal(file(#"{"__metadata__":{},"__metadata__":{}}"#))
        == "its header has '__metadata__' twice; write the file again.")
    #expect(
      refusal(file(#"{"a":{"dtype":"U8","dtype":"U8"}}"#)) == "tensor 'a' says its dtype twice.")
    #expect(
      refusal(file(#"{"a":{"dtype":"U8","shape":[0]}}"#))
        == "tensor 'a' has no data_offsets; write the file again.")
    #expect(
      refusal(file(#"{"a":{"data_offsets":[0]}}"#)) == "tensor 'a' has no two data_offsets.")
    #expect(
      refusal(file(#"{"a":{"strides":[1]}}"#))
        == "tensor 'a' has the key 'strides'; expected dtype, shape and data_offsets.")
    #expect(
      refusal(file("{" + entry("a", "F8_E4M3", "[0]", 0, 0) + "}"))
        == "tensor 'a' has dtype F8_E4M3; graft reads F64, F32, F16, BF16, integers and BOOL.")
  }

  @Test(
    arguments: [
      (
        [(0, 4), (2, 6)], 6, "tensors 'a' and 'b' overlap; write the file again."
      ),
      (
        [(0, 2), (4, 6)], 6,
        "bytes 2 to 4 of its data belong to no tensor, which the format forbids; fetch or write the "
          + "file again."
      ),
      (
        [(0, 2)], 6,
        "bytes 2 to 6 of its data belong to no tensor, which the format forbids; fetch or write the "
          + "file again."
      ),
      (
        [(1, 6)], 6,
        "bytes 0 to 1 of its data belong to no tensor, which the format forbids; fetch or write the "
          + "file again."
      ),
      (
        [(0, 8)], 6,
        "tensor 'a' ends at byte 8 of the data, which has 6; the file is cut off: fetch it again."
      ),
      ([(4, 2)], 6, "tensor 'a' begins at byte 4 and ends at 2."),
    ] as [([(Int, Int)], Int, String)])
  func refusesOffsets(_ ranges: [(Int, Int)], _ count: Int, _ message: String) {
    let entries = zip(["a", "b"], ranges).map { name, range in
      entry(name, "U8", "[\(max(range.1 - range.0, 0))]", range.0, range.1)
    }
    let bytes = file(
      "{" + entries.joined(separator: ",") + "}", [UInt8](repeating: 0, count: count))
    #expect(refusal(bytes) == message)
  }

  @Test func refusesShapesThatDoNotFit() {
    #expect(
      refusal(file("{" + entry("a", "F32", "[2,1]", 0, 4) + "}", [0, 0, 0, 0]))
        == "tensor 'a' of dtype F32 and shape [2, 1] takes 8 bytes, but its data_offsets give it 4."
    )
    #expect(
      refusal(file("{" + entry("a", "F32", "[9223372036854775807,4]", 0, 4) + "}", [0, 0, 0, 0]))
        == "tensor 'a' has shape [9223372036854775807, 4], which is no size in memory.")
    let nested = #"{"a":{"shape":["# + [String](repeating: "1", count: 33).joined(separator: ",")
    #expect(refusal(file(nested))?.contains("expected at most 32 numbers") == true)
  }

  /// Any change of one byte gives tensors or a message.
  @Test func survivesDamage() {
    let header = #"{"__metadata__":{"a":"b"},"# + entry("w", "F32", "[1,2]", 0, 8) + "}"
    let good = file(header, [UInt8](repeating: 1, count: 8))
    for place in good.indices {
      for value in [0, 1, 0x22, 0x2C, 0x5C, 0x7B, 0x7D, 0x80, 0xFF] as [UInt8] {
        var bytes = good
        bytes[place] = value
        _ = refusal(bytes)
      }
      #expect(refusal(Array(good[..<place])) != nil)
    }
  }
}

// MARK: - Files

extension SafetensorsReaderTests {
  private func written(_ bytes: [UInt8], _ body: (FilePath) throws -> Void) throws {
    let path = NSTemporaryDirectory() + "graft-\(UUID().uuidString).safetensors"
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(FilePath(path))
  }

  @Test func mapsTheFile() throws {
    try written(file("{" + entry("w", "U8", "[2]", 0, 2) + "}", [5, 6])) { path in
      let tensor = try #require(try SafetensorsReader.read(path).first)
      #expect(tensor.bytes.withUnsafeBytes { Array($0) } == [5, 6])
    }
  }

  @Test func saysWhatTheFileIsInstead() throws {
    try written(Array("PK\u{3}\u{4}archive/data.pkl and more".utf8)) { path in
      let error = #expect(throws: SafetensorsError.self) { try SafetensorsReader.read(path) }
      #expect(
        error?.message
          == "\(path) is a PyTorch file (zip with pickle), not a safetensors file.")
      #expect(
        error?.hints == [
          "In Python: safetensors.torch.save_file(torch.load(FILE, weights_only=True), "
            + "'weights.safetensors')"
        ])
    }
    try written(file("{", length: 2)) { path in
      let error = #expect(throws: SafetensorsError.self) { try SafetensorsReader.read(path) }
      #expect(
        error?.message
          == "\(path): it claims a header of 2 bytes, but 1 follow; it is cut off or no safetensors "
          + "file.")
    }
  }

  @Test func refusesWhatIsNoFile() {
    let missing = #expect(throws: SafetensorsError.self) {
      try SafetensorsReader.read("/nowhere/w.safetensors")
    }
    #expect(missing?.kind == .missing)
    #expect(missing?.message == "/nowhere/w.safetensors: no such file.")
    let folder = #expect(throws: SafetensorsError.self) { try SafetensorsReader.read("/tmp") }
    #expect(folder?.message == "/tmp: is a folder; name the .safetensors file in it.")
    let device = #expect(throws: SafetensorsError.self) { try SafetensorsReader.read("/dev/zero") }
    #expect(
      device?.message
        == "/dev/zero: is not a regular file; graft reads weights from files only.")
  }
}
