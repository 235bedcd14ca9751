import Foundation
import GraftONNX
import SystemPackage
import Testing

struct WriterTests {
  private func model() throws -> ONNXModel { try ONNXReader.read(fixture("raw.onnx")) }

  /// All kinds of everything that graft writes.
  private func fullModel() -> ONNXModel {
    var graph = ONNXGraph(name: "all")
    let weights = [Float](repeating: 0.25, count: 600)
    let tensor = weights.withUnsafeBufferPointer {
      ONNXTensor(name: "w", dimensions: [20, 30], floats: $0)
    }
    graph.initializers = [tensor, ONNXTensor(name: "shape", dimensions: [2], ints: [-1, 600])]
    graph.nodes = [
      ONNXNode(
        name: "n", opType: "Op", domain: "mine", inputs: ["x", "", "w"], outputs: ["y", "z"],
        attributes: [
          ONNXAttribute(name: "f", value: .float(-0.5)),
          ONNXAttribute(name: "i", value: .int(.min)),
          ONNXAttribute(name: "s", value: .string("é\0")),
          ONNXAttribute(name: "t", value: .tensor(tensor)),
          ONNXAttribute(name: "fs", value: .floats([1, 2])),
          ONNXAttribute(name: "is", value: .ints([-1, 1])),
          ONNXAttribute(name: "ss", value: .strings(["a", ""])),
        ])
    ]
    graph.inputs = [
      ONNXValueInfo(
        name: "x", elementType: .float, dimensions: [.symbolic("n"), .unknown, .fixed(0)])
    ]
    graph.outputs = [ONNXValueInfo(name: "y", elementType: .int64, dimensions: nil)]
    graph.valueInfos = [ONNXValueInfo(name: "z", elementType: nil, dimensions: nil)]
    var model = ONNXModel(irVersion: 8, opsets: ["": 13, "mine": 1], graph: graph)
    model.producerName = "graft"
    model.producerVersion = "1"
    model.domain = "d"
    model.modelVersion = 3
    model.documentation = "two\nlines"
    model.metadata = [
      ONNXMetadataEntry(key: "b", value: "2"), ONNXMetadataEntry(key: "a", value: ""),
    ]
    return model
  }

  @Test func whatIsWrittenReadsTheSame() throws {
    let model = fullModel()
    let bytes = try ONNXWriter.bytes(of: model)
    let back = try ONNXReader.read(bytes: bytes)
    #expect(back.opsets == model.opsets)
    #expect(back.metadata == model.metadata)
    #expect(back.documentation == "two\nlines")
    #expect((back.modelVersion, back.domain, back.producerVersion) == (3, "d", "1"))
    #expect(back.graph.inputs == model.graph.inputs)
    #expect(back.graph.outputs == model.graph.outputs)
    #expect(back.graph.valueInfos == model.graph.valueInfos)
    #expect(back.graph.nodes[0].inputs == ["x", "", "w"])
    #expect(
      back.graph.initializers.map(\.bytes.array) == model.graph.initializers.map(\.bytes.array))
    #expect(
      "\(back.graph.nodes[0].attributes.prefix(3).map(\.value))"
        == "\(model.graph.nodes[0].attributes.prefix(3).map(\.value))")
    // Everything else is equal if it gives the same bytes.
    #expect(try ONNXWriter.bytes(of: back).array == bytes.array)
  }

  @Test func fileAndMemoryAgree() throws {
    try withFolder { folder in
      let path = folder.appending("m.onnx")
      try ONNXWriter.write(fullModel(), to: path)
      #expect(try contents(of: path) == ONNXWriter.bytes(of: fullModel()).array)
      #expect(try names(in: folder) == ["m.onnx"])
    }
  }

  @Test func existingFilesAreKeptUnlessAsked() throws {
    try withFolder { folder in
      let path = folder.appending("m.onnx")
      try put([1, 2, 3], at: path)
      let model = try model()
      #expect(
        throws: ONNXError(
          "\(path): exists already; choose another name, or ask for it to be replaced.",
          kind: .cannotCreate)
      ) { try ONNXWriter.write(model, to: path) }
      #expect(try contents(of: path) == [1, 2, 3])
      try ONNXWriter.write(model, to: path, replacing: true)
      #expect(try ONNXReader.read(path).producerName == "fixtures")
      #expect(try names(in: folder) == ["m.onnx"])
    }
  }

  /// A model may be written over the file that its weights are mapped from.
  @Test func overItsOwnFile() throws {
    try withFolder { folder in
      let path = folder.appending("m.onnx")
      try ONNXWriter.write(fullModel(), to: path)
      let mapped = try ONNXReader.read(path)
      try ONNXWriter.write(mapped, to: path, replacing: true)
      #expect(try contents(of: path) == ONNXWriter.bytes(of: fullModel()).array)
      #expect(mapped.graph.initializers[0].bytes.elements(Float.self).allSatisfy { $0 == 0.25 })
    }
  }

  private struct Different: Error, CustomStringConvertible { let description = "answers differ" }

  @Test func aFailedCheckLeavesNothing() throws {
    try withFolder { folder in
      let path = folder.appending("m.onnx")
      #expect(throws: ONNXError("\(path): failed its check after writing: answers differ")) {
        try ONNXWriter.write(fullModel(), to: path) { staged in
          _ = try ONNXReader.read(staged)
          throw Different()
        }
      }
      let left = try names(in: folder)
      #expect(left == [])
    }
  }

  @Test func stagedFilesAreCommittedOrRemoved() throws {
    try withFolder { folder in
      let path = folder.appending("m.onnx")
      do {
        let staged = try ONNXWriter.stage(fullModel(), to: path)
        #expect(try names(in: folder) == [staged.path.lastComponent!.string])
        staged.discard()
        #expect(try names(in: folder) == [])
      }
      do {
        let staged = try ONNXWriter.stage(fullModel(), to: path)
        #expect(staged.target == path)
        try put([9], at: path)  // somebody was faster
        do {
          try staged.commit()
          Issue.record("replaced a file unasked")
        } catch let error as ONNXError {
          #expect(error.kind == .cannotCreate)
        }
      }
      #expect(try names(in: folder) == ["m.onnx"])
      #expect(try contents(of: path) == [9])
    }
  }

  @Test func whatCannotBeAFile() throws {
    try withFolder { folder in
      let model = try model()
      #expect(
        throws: ONNXError(
          "\(folder): is a folder, so no model can be written there.", kind: .cannotCreate)
      ) { try ONNXWriter.write(model, to: folder, replacing: true) }
      let pipe = folder.appending("pipe")
      #expect(makePipe(pipe))
      #expect(
        throws: ONNXError(
          "\(pipe): is not a regular file, so no model can be written there.", kind: .cannotCreate)
      ) { try ONNXWriter.write(model, to: pipe, replacing: true) }
      let nowhere = folder.appending("none").appending("m.onnx")
      #expect(
        throws: ONNXError(
          "\(nowhere): cannot be created: No such file or directory.", kind: .cannotCreate)
      ) { try ONNXWriter.write(model, to: nowhere) }
    }
  }

  @Test func whatCannotBeWritten() {
    func message(_ change: (inout ONNXModel) -> Void) -> String? {
      var model = fullModel()
      change(&model)
      do {
        _ = try ONNXWriter.bytes(of: model)
        return nil
      } catch {
        return error.message
      }
    }
    #expect(
      message {
        $0.graph.nodes[0].attributes = [ONNXAttribute(name: "g", value: .other(kind: "GRAPH"))]
      }
        == "node 'n' (Op): attribute 'g' is of kind GRAPH, which graft cannot write.")
    #expect(
      message { $0.graph.initializers[0].dimensions = [7] }
        == "tensor 'w' has 2400 bytes, which do not fill shape [7] of float.")
    #expect(
      message { $0.graph.initializers[0].elementType = .string }
        == "tensor 'w' has 2400 bytes, which do not fill shape [20, 30] of string.")
    #expect(
      message { $0.graph.nodes[0].name = "a\0b" }
        == "node name 'a\\u{0}b' contains a NUL byte, which ONNX names cannot.")
    // One allocation, 33 times: 2.1 GiB of file without the memory.
    let block = ONNXAllocation(count: 64 << 20)
    let bytes = ONNXBytes(base: block.base, count: 64 << 20, owner: block)
    let tensor = ONNXTensor(name: "b", elementType: .uint8, dimensions: [64 << 20], bytes: bytes)
    #expect(
      message { $0.graph.initializers = Array(repeating: tensor, count: 33) }?.hasSuffix(
        "but an ONNX file holds at most 2147483647; use a smaller network.") == true)
  }
}
