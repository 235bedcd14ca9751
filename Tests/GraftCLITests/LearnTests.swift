import Foundation
import GraftONNX
import GraftTensor
import GraftTestSupport
import SystemPackage
import Testing

/// `graft learn`, with which other engines are compared.
@Suite struct LearnTests {
  /// Two images of noise as a NumPy array.
  private func place() throws -> Workplace {
    let place = try Workplace()
    try place.addModel(size: 8, width: 4)
    var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 8, 8), }"
    header += String(repeating: " ", count: (64 - (10 + header.count + 1) % 64) % 64) + "\n"
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
    bytes += [UInt8(header.count & 0xFF), UInt8(header.count >> 8)] + Array(header.utf8)
    bytes += Tensor.images([2, 3, 8, 8]).elements.withUnsafeBytes { Array($0) }
    try Data(bytes).write(to: URL(fileURLWithPath: place.path + "/in.npy"))
    return place
  }

  private func weights(_ name: String, in place: Workplace) throws -> [String: [UInt8]] {
    let model = try ONNXReader.read(FilePath(place.path + "/" + name))
    return Dictionary(
      uniqueKeysWithValues: model.graph.initializers.map { tensor in
        (tensor.name, tensor.bytes.withUnsafeBytes { Array($0) })
      })
  }

  @Test(
    arguments: [
      ([], ["bn.bias", "bn.weight", "conv.bias", "conv.weight", "fc.bias", "fc.weight"]),
      (["--frozen-through", "bn"], ["fc.bias", "fc.weight"]),
    ] as [([String], [String])])
  func aStepChangesWhatLearns(_ flags: [String], _ learning: [String]) throws {
    let place = try place()
    let common = ["learn", "tiny.onnx", "--input", "in.npy", "--rate", "0.1", "--labels", "0", "2"]
    for steps in [0, 1] {
      let result = try place.graft(
        common + flags + ["--steps", "\(steps)", "--result", "\(steps).onnx"])
      #expect(result.status == 0, "\(result.err)")
    }
    let before = try weights("0.onnx", in: place)
    let after = try weights("1.onnx", in: place)
    #expect(before.keys.sorted() == after.keys.sorted())
    #expect(before.keys.filter { before[$0] != after[$0] }.sorted() == learning)
  }

  @Test func saysWhichNodeIsMissing() throws {
    let result = try place().graft(
      "learn", "tiny.onnx", "--input", "in.npy", "--labels", "0", "2", "--frozen-through", "x")
    expectFailure(
      result, 65, "tiny.onnx: the network has no node 'x'; 'graft inspect' lists them")
  }
}
