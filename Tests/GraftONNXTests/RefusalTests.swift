import GraftONNX
import Testing

/// Bytes that are no model, or a broken one.
struct RefusalTests {
  @Test func readsTheModelThatTheOthersAreBrokenFrom() throws {
    let model = try read(modelBytes())
    #expect(model.irVersion == 8)
    #expect(model.opsets == ["": 13])
    #expect(model.graph.name == "tiny")
    #expect(model.graph.nodes.map(\.opType) == ["Relu"])
  }

  @Test func namesTheByteWhereATruncatedFileEnds() {
    let whole = modelBytes()
    #expect(
      refusal(Array(whole.dropLast(5)))
        == "truncated: at byte 6 field 'graph' of ModelProto claims 26 bytes, but only 21 are "
        + "present; fetch the file again.")
    #expect(
      refusal([0x08])
        == "truncated: at byte 1 field 'ir_version' goes on past the end of the file; "
        + "fetch the file again.")
  }

  @Test func everyPrefixIsRefusedOrRead() {
    let whole = modelBytes()
    for count in 0..<whole.count { #expect(refusal(Array(whole.prefix(count))) != nil) }
  }

  @Test func claimedLengthsAllocateNothing() {
    for claim: UInt64 in [1 << 31, 1 << 40, 1 << 63, .max] {
      let bytes = Wire {
        $0.int(1, 8)
        $0.tag(7, 2)
        $0.varint(claim)
      }.bytes
      #expect(
        refusal(bytes)
          == "truncated: at byte 2 field 'graph' of ModelProto claims \(claim) bytes, but only 0 are "
          + "present; fetch the file again.")
    }
  }

  @Test func lengthsStayWithinTheirMessage() {
    let bytes = modelBytes(
      model: { $0.string(6, "a long enough text behind the graph") },
      graph: {
        $0.message(11) {
          $0.tag(1, 2)
          $0.varint(20)
        }
      })
    #expect(
      refusal(bytes)
        == "damaged at byte 36: field 'name' of ValueInfoProto claims 20 bytes, but its message has 0 "
        + "left; fetch or export the file again.")
  }

  @Test func aNumberCutOffInAMessageIsDamage() {
    #expect(
      refusal(modelBytes(graph: { $0.message(5) { $0.raw([0x08, 0x80]) } }))
        == "damaged at byte 37: field 'dims' goes on past the end of its message; fetch or export the "
        + "file again.")
  }

  @Test func garbageIsNamedSo() {
    #expect(
      refusal([0xFF, 0x00, 0x12, 0x99])
        == "is not an ONNX model: it begins with 0xff 0x00 0x12 0x99.")
    #expect(
      refusal(Array(repeating: 0, count: 64))
        == "is not an ONNX model: it begins with 0x00 0x00 0x00 0x00.")
  }

  @Test func refusesWhatNoWriterProduces() {
    #expect(
      refusal(modelBytes(model: { $0.message(7) { $0.string(2, "again") } }))
        == "damaged at byte 34: field 'graph' of ModelProto stands twice; fetch or export the file "
        + "again.")
    #expect(
      refusal(
        Wire {
          $0.int(1, 8); $0.int(7, 3)
        }.bytes)
        == "damaged at byte 2: field 'graph' of ModelProto has wire type 0, expected 2; fetch or "
        + "export the file again.")
    #expect(
      refusal(
        Wire {
          $0.int(1, 8); $0.tag(9, 3)
        }.bytes)
        == "damaged at byte 2: no field of ModelProto begins so (0x4b); fetch or export the file "
        + "again.")
  }

  @Test func aMergeBombIsRefusedAtOnce() {
    let one = Wire { $0.message(7) { $0.message(1) { _ in } } }.bytes
    let bomb = Wire { $0.int(1, 8) }.bytes + Array(repeating: one, count: 100_000).joined()
    #expect(
      refusal(bomb)
        == "damaged at byte 6: field 'graph' of ModelProto stands twice; fetch or export the file "
        + "again.")
  }

  @Test func nestingIsLimited() {
    var inner: [UInt8] = []
    for _ in 0..<200 {
      let content = inner
      inner = Wire { $0.data(4, Wire { $0.data(1, content) }.bytes) }.bytes  // a type in a sequence
    }
    let bytes = modelBytes(graph: { $0.message(11) { $0.data(2, inner) } })
    #expect(refusal(bytes)?.hasPrefix("nests messages more than 100 deep at byte ") == true)
  }

  @Test func nodesAreLimited() {
    let empty = Wire { $0.message(1) { _ in } }.bytes
    let bytes = modelBytes(graph: { $0.raw(Array(repeating: empty, count: 100_000).flatMap { $0 }) }
    )
    #expect(refusal(bytes) == "has more than 100000 nodes, the most that graft reads.")
  }

  @Test func structureMemoryIsLimited() throws {
    let empty = Wire { $0.message(13) { _ in } }.bytes
    let bytes = modelBytes(graph: { $0.raw(Array(repeating: empty, count: 50_000).flatMap { $0 }) })
    var limits = ONNXLimits()
    limits.structureBytes = 4096
    let error = #expect(throws: ONNXError.self) {
      try ONNXReader.read(bytes: bytes.withUnsafeBytes { ONNXBytes(copying: $0) }, limits: limits)
    }
    #expect(
      error?.message
        == "needs more than 804384 bytes of memory for its structure, the most that graft allows a "
        + "file with 100036 bytes of it.")
  }

  @Test func stringsAreUTF8WithoutNUL() {
    #expect(
      refusal(modelBytes(model: { $0.data(2, [0x66, 0xFF]) }))
        == "damaged at byte 36: field 'producer_name' of ModelProto is not UTF-8; fetch or export the "
        + "file again.")
    #expect(
      refusal(modelBytes(graph: { $0.message(11) { $0.data(1, [0x78, 0, 0x79]) } }))
        == "damaged at byte 38: field 'name' of ValueInfoProto contains a NUL byte; fetch or export "
        + "the file again.")
  }

  @Test func versions() {
    #expect(
      refusal(modelBytes(ir: 15))
        == "has IR version 15; graft reads 3 to 14. Export it for an older opset.")
    #expect(
      refusal(modelBytes(ir: 2))
        == "has IR version 2; graft reads 3 to 14. Convert it with onnx.version_converter.")
    for version in 3...14 { #expect(refusal(modelBytes(ir: version)) == nil) }
    #expect(
      refusal(Wire { $0.message(7) { _ in } }.bytes)
        == "gives no ir_version, so it is no ONNX model; export it again.")
    #expect(
      refusal(
        Wire {
          $0.int(1, 8); $0.message(7) { _ in }
        }.bytes)
        == "imports no operator set (opset_import is empty); export it again.")
    #expect(
      refusal(
        modelBytes(model: {
          $0.message(8) {
            $0.string(1, "ai.onnx"); $0.int(2, 9)
          }
        }))
        == "imports the operator set '' twice, as 13 and 9; export it again.")
    #expect(
      refusal(
        Wire {
          $0.int(1, 8); $0.message(8) { $0.int(2, 13) }
        }.bytes)
        == "holds no graph, so it is no network; export the whole model.")
  }

  @Test func functionsThatAreCalledAreRefused() throws {
    let function: (inout Wire) -> Void = {
      $0.message(25) {
        $0.string(1, "Swish")
        $0.string(10, "mine")
      }
    }
    #expect(refusal(modelBytes(model: function)) == nil)
    let calling = modelBytes(
      model: function,
      graph: {
        $0.message(1) {
          $0.string(3, "s\n")
          $0.string(4, "Swish")
          $0.string(7, "mine")
        }
      })
    #expect(
      refusal(calling)
        == "node 's\\n' calls 'Swish', a function that the model defines; graft reads models without "
        + "functions.")
  }

  @Test func sparseInitializersAreRefused() {
    #expect(
      refusal(modelBytes(graph: { $0.message(15) { $0.message(1) { $0.string(8, "thin") } } }))
        == "tensor 'thin' is a sparse initializer; graft reads dense ones only. Store it as a dense "
        + "tensor.")
  }

  @Test func trainingInformationAndUnknownFieldsAreIgnored() {
    #expect(refusal(modelBytes(model: { $0.message(20) { $0.message(1) { _ in } } })) == nil)
    #expect(refusal(modelBytes(model: { $0.string(500, "later") })) == nil)
  }
}
