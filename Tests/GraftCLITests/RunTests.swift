import Foundation
import GraftONNX
import GraftTestSupport
import SystemPackage
import Testing

/// `graft run`, which scripts use to compare graft with other runtimes.
@Suite struct RunTests {
  /// A network of constants: floats and integers as outputs.
  private func workplace() throws -> Workplace {
    let place = try Workplace()
    var builder = ModelBuilder()
    builder.weights("a", [2, 1], [1.5, -2])
    builder.node("Neg", ["a"], ["y"])
    builder.node("Shape", ["y"], ["s"])
    builder.output("y", [2, 1])
    builder.output("s", [2])
    try ONNXWriter.write(builder.model, to: FilePath(place.path + "/constants.onnx"))
    return place
  }

  /// NumPy's format 1: the header, and what lies behind it.
  private func array(_ bytes: Data?) throws -> (header: String, elements: [UInt8]) {
    let bytes = [UInt8](try #require(bytes))
    #expect(Array(bytes.prefix(8)) == [0x93] + Array("NUMPY".utf8) + [1, 0])
    let length = Int(bytes[8]) + 256 * Int(bytes[9])
    #expect((10 + length) % 64 == 0)
    let header = String(decoding: bytes[10..<10 + length], as: UTF8.self)
    return (header.trimmingCharacters(in: .whitespacesAndNewlines), Array(bytes[(10 + length)...]))
  }

  @Test func writesConstants() throws {
    let place = try workplace()
    let result = try place.graft(
      "run", "constants.onnx", "--output", "y.npy", "--output", "s.npy")
    #expect(result.status == 0, "\(result.err)")
    let y = try array(place.bytes("y.npy"))
    #expect(y.header == "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1,), }")
    #expect(y.elements == [0, 0, 0xC0, 0xBF, 0, 0, 0, 0x40])
    let s = try array(place.bytes("s.npy"))
    #expect(s.header == "{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }")
    #expect(s.elements == [2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0])
  }

  @Test func wantsAFileForEachOutput() throws {
    expectFailure(
      try workplace().graft("run", "constants.onnx", "--output", "y.npy"), 65,
      "constants.onnx: 2 outputs; --output is given 1 times")
  }

  @Test func wantsAnInputWhereTheNetworkHasOne() throws {
    let place = try Workplace()
    try place.addModel()
    expectFailure(
      try place.graft("run", "tiny.onnx", "--output", "y.npy"), 65,
      "tiny.onnx: the network has the input 'image'; folding is for networks of constants")
  }
}
