import Foundation
import GraftONNX
import SystemPackage
import Testing

/// Weights in a file beside the model, and the names that must not be followed.
struct ExternalDataTests {
  private func model(
    _ location: String, offset: String? = nil, length: String? = nil, inlineToo: Bool = false
  ) -> [UInt8] {
    modelBytes(dimensions: [3]) { tensor in
      for (key, value) in [("location", location), ("offset", offset), ("length", length)] {
        guard let value else { continue }
        tensor.message(13) {
          $0.string(1, key)
          $0.string(2, value)
        }
      }
      tensor.int(14, 1)
      if inlineToo { tensor.data(9, [UInt8](repeating: 0, count: 12)) }
    }
  }

  private let numbers = [Float](arrayLiteral: 9, 1, 2, 3).flatMap { littleEndian($0.bitPattern) }

  @Test func readsAPartOfTheFile() throws {
    try withFolder { folder in
      try put(numbers, at: folder.appending("w.bin"))
      let path = folder.appending("m.onnx")
      try put(model("w.bin", offset: "4", length: "12"), at: path)
      let found = try ONNXReader.read(path).graph.initializers[0]
      #expect(found.bytes.elements(Float.self) == [1, 2, 3])
      // Without a length: what the shape needs.
      try put(model("w.bin"), at: path)
      #expect(
        try ONNXReader.read(path).graph.initializers[0].bytes.elements(Float.self) == [9, 1, 2])
    }
  }

  /// The message without the path of the model in front.
  private func finding(_ bytes: [UInt8], _ prepare: (FilePath) throws -> Void = { _ in }) throws
    -> String?
  {
    try withFolder { folder in
      try prepare(folder)
      let path = folder.appending("m.onnx")
      try put(bytes, at: path)
      let message = try #require(refusal(path)).message
      #expect(message.hasPrefix("\(path): tensor 'w': "))
      #expect(message.count <= 400)
      return String(message.dropFirst("\(path): tensor 'w': ".count))
    }
  }

  @Test(arguments: ["../w.bin", "/etc/passwd", "a/w.bin", "..", ".", "", "a\\w.bin"])
  func onlyAPlainName(name: String) throws {
    #expect(
      try finding(model(name))
        == "its data file '\(name)' must be a plain file name; graft looks beside the model only.")
  }

  @Test func missing() throws {
    #expect(
      try finding(model("w.bin"))
        == "its data file 'w.bin' is not there; it belongs in the same folder as the model.")
  }

  @Test func tooShortOrOutside() throws {
    let put12 = { (folder: FilePath) in
      try put([UInt8](repeating: 0, count: 10), at: folder.appending("w.bin"))
    }
    #expect(
      try finding(model("w.bin"), put12)
        == "its data file 'w.bin' has 10 bytes, but 12 from byte 0 on are wanted; fetch the data file "
        + "again.")
    #expect(
      try finding(model("w.bin", offset: "\(Int.max)"), put12)
        == "its data file 'w.bin' has 10 bytes, but 12 from byte 9223372036854775807 on are wanted; "
        + "fetch the data file again.")
    #expect(
      try finding(model("w.bin", length: "4000000000000"), put12)
        == "'w.bin' is to give 4000000000000 bytes, but shape [3] of float needs 12.")
    #expect(
      try finding(model("w.bin", offset: "-4"), put12)
        == "its external_data has offset '-4', not a count of bytes.")
    #expect(
      try finding(model("w.bin", length: "1e3\u{1b}"), put12)
        == "its external_data has length '1e3\\u{1b}', not a count of bytes.")
  }

  @Test func linksAndPipesAreNotOpened() throws {
    let link = try finding(model("w.bin")) { folder in
      try put(numbers, at: folder.appending("real"))
      try FileManager.default.createSymbolicLink(
        atPath: folder.appending("w.bin").string, withDestinationPath: "real")
    }
    #expect(
      link == "its data file 'w.bin' is a symbolic link; put the file itself beside the model.")
    let irregular =
      "its data file 'w.bin' is not a regular file; graft reads weights from files only."
    #expect(try finding(model("w.bin")) { _ = makePipe($0.appending("w.bin")) } == irregular)
    let folder = try finding(model("w.bin")) { folder in
      try FileManager.default.createDirectory(
        atPath: folder.appending("w.bin").string, withIntermediateDirectories: false)
    }
    #expect(folder == irregular)
  }

  @Test func notBothPlaces() throws {
    try withFolder { folder in
      let path = folder.appending("m.onnx")
      try put(model("w.bin", inlineToo: true), at: path)
      #expect(
        refusal(path)?.message
          == "\(path): tensor 'w' holds elements in raw_data and external_data at once; it must use "
          + "one of them.")
    }
  }
}

func makePipe(_ path: FilePath) -> Bool { mkfifo(path.string, 0o600) == 0 }
