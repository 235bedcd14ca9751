import Foundation
import GraftONNX
import SystemPackage
import Testing

/// Files of other kinds under the name of a model.
struct ForeignFormatTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let bytes: [UInt8]
    let message: String
    let hints: [String]
    var testDescription: String { message }

    init(_ bytes: [UInt8], _ message: String, _ hints: String...) {
      (self.bytes, self.message, self.hints) = (bytes, message, hints)
    }
  }

  static let lfs = """
    version https://git-lfs.github.com/spec/v1
    oid sha256:6b0da9510f27f234ee96a85dc3809dd210150fdefad87f6850f9788513216945
    size 243863787

    """
  static let export = "Export the network with torch.onnx.export."
  static let zip: [UInt8] = [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 26)

  static let cases: [Case] = [
    Case([], "is empty (0 bytes), not a model.", "Fetch or export the file again."),
    Case(
      Array(lfs.utf8), "is a Git LFS pointer (134 bytes), not a model.",
      "Run 'git lfs pull' there.",
      "It stands for 243863787 bytes "
        + "(sha256:6b0da9510f27f234ee96a85dc3809dd210150fdefad87f6850f9788513216945)."),
    Case(
      Array("\n<!DOCTYPE html><html><body>404</body></html>".utf8),
      "is a web page (HTML or XML), not a model.",
      "The download gave a page instead of the file; fetch it again."),
    Case(
      zip + Array("archive/data.pkl".utf8), "is a PyTorch file (zip with pickle), not a model.",
      export),
    Case(
      zip + Array("model.txt".utf8), "is a zip archive, not a model.",
      "Unpack it; a PyTorch file is exported with torch.onnx.export."),
    Case(
      [0x80, 2, 0x8A, 0x0A, 0x6C], "is a Python pickle (such as an old PyTorch file), not a model.",
      export),
    Case(
      [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A, 0],
      "is an HDF5 file (such as Keras writes), not a model.", "Convert the network with tf2onnx."),
    Case(
      littleEndian(UInt64(20)) + Array("{\"w\":{\"dtype\":\"F32\"}}".utf8),
      "is a safetensors file (weights without a network), not a model.",
      "graft convert puts weights onto a network: graft convert resnet50 FILE -o model.onnx"),
    Case([0x1F, 0x8B, 8, 0], "is a gzip file, not a model.", "Unpack it with gunzip."),
    Case(
      Array("model.onnx".utf8) + [UInt8](repeating: 0, count: 247) + Array("ustar\u{0}00".utf8),
      "is a tar archive, not a model.", "Unpack it with tar -xf; the .onnx file is inside."),
    Case(
      [0x89, 0x50, 0x4E, 0x47, 0x0D], "is a PNG picture, not a model.",
      "The model comes first, then the photos."),
    Case(
      [0xFF, 0xD8, 0xFF, 0xE0], "is a JPEG picture, not a model.",
      "The model comes first, then the photos."),
    Case(
      Array("404: Not Found".utf8), "is a text file, not a model.",
      "Fetch or export the .onnx file again."),
    Case(
      [28, 0, 0, 0] + Array("TFL3".utf8), "is a TensorFlow Lite file, not a model.",
      "Convert the network with tf2onnx."),
  ]

  @Test(arguments: cases) func isNamed(example: Case) throws {
    try withFolder { folder in
      let path = folder.appending("model.onnx")
      try put(example.bytes, at: path)
      let error = try #require(refusal(path))
      #expect(error.message == "\(path) \(example.message)")
      #expect(error.hints == example.hints)
      #expect(error.kind == .badData)
    }
    #expect(refusal(example.bytes) == "the data \(example.message)")
  }

  @Test func whatIsNoFile() throws {
    try withFolder { folder in
      let missing = folder.appending("none.onnx")
      #expect(refusal(missing) == ONNXError("\(missing): no such file.", kind: .missing))
      #expect(
        refusal(folder) == ONNXError("\(folder): is a folder; name the .onnx file in it."))
      let pipe = folder.appending("pipe")
      #expect(makePipe(pipe))
      #expect(
        refusal(pipe)
          == ONNXError("\(pipe): is not a regular file; graft reads models from files only."))
      let locked = folder.appending("locked.onnx")
      try put(modelBytes(), at: locked)
      #expect(chmod(locked.string, 0) == 0)
      // Root may read everything.
      if getuid() != 0 {
        #expect(
          refusal(locked)
            == ONNXError("\(locked): cannot be opened: Permission denied.", kind: .system))
      }
    }
  }

  @Test func namesOfFilesAreEscapedAndCut() throws {
    try withFolder { folder in
      let path = folder.appending("a\u{1b}[31m\n.onnx")
      try put([0xFF], at: path)
      let message = try #require(refusal(path)).message
      #expect(message.hasSuffix("a\\u{1b}[31m\\n.onnx: is not an ONNX model: it begins with 0xff."))
    }
    let long = ONNXError("is empty.").in(file: String(repeating: "x", count: 5000))
    #expect(long.message.count == 120 + ": is empty.".count)
  }

  @Test func noMessageIsLongerThan400Characters() {
    let endless = String(repeating: "n\u{1b}", count: 5000)
    let bytes = modelBytes(graph: {
      $0.message(1) {
        $0.string(3, endless)
        $0.string(4, endless)
        $0.message(5) {
          $0.string(1, endless)
          $0.int(20, 4)
          $0.message(5) {
            $0.int(1, 3)
            $0.int(2, 1)
            $0.message(13) {
              $0.string(1, "location"); $0.string(2, endless)
            }
            $0.int(14, 1)
          }
        }
      }
    })
    do {
      _ = try read(bytes)
      Issue.record("read a tensor without its file")
    } catch {
      #expect(error.in(file: endless).message.count == 400)
      #expect(!error.in(file: endless).message.contains("\u{1b}"))
    }
  }
}
