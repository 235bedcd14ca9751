import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import Testing

@Suite struct ShapeTests {
  @Test func givesTheExtents() throws {
    let shape = try FileNode().read(ShapeOperator.self)
    #expect(try shape.fold([.activation([2, 3, 4, 5])]) == [.ints(2, 3, 4, 5)])
    #expect(try shape.fold([.floats([1, 2], [0, 0])]) == [.ints(1, 2)])
    #expect(try shape.fold([.integers([], [7])]) == [.integers([0], [])])
    #expect(try shape.fold([.absent]) == nil)
  }

  @Test(arguments: [
    ([1: 0], [2, 3, 4, 5]), ([1: 1, 2: 3], [3, 4]), ([1: -2], [4, 5]), ([2: -1], [2, 3, 4]),
    ([1: -9, 2: 9], [2, 3, 4, 5]), ([1: 3, 2: 1], []),
  ]) func takesAPartFromOpset15(_ limits: [Int: Int], _ expected: [Int]) throws {
    var node = FileNode(opset: 15)
    if let start = limits[1] { node.attributes["start"] = .int(start) }
    if let end = limits[2] { node.attributes["end"] = .int(end) }
    let shape = try node.read(ShapeOperator.self)
    #expect(
      try shape.fold([.activation([2, 3, 4, 5])]) == [.integers([expected.count], expected)])
  }

  /// Before opset 15 these attributes mean nothing; unread, the importer refuses them.
  @Test func leavesLimitsUnreadBelowOpset15() throws {
    let decoder = NodeDecoder(
      opType: "Shape", opset: 13, attributes: ["start": .int(1)], inputs: [])
    _ = try ShapeOperator(decoding: decoder)
    #expect(decoder.unreadAttributes == ["start"])
  }
}
