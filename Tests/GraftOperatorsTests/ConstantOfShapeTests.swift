import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import Testing

@Suite struct ConstantOfShapeTests {
  private func filled(_ tensor: ONNXTensor?) throws -> ConstantOfShape {
    try FileNode(tensor.map { ["value": .tensor($0)] } ?? [:]).read(ConstantOfShape.self)
  }

  @Test func fillsTheShape() throws {
    #expect(try filled(nil).fold([.ints(2, 2)]) == [.floats([2, 2], [0, 0, 0, 0])])
    let ones = ONNXTensor(name: "", dimensions: [1], ints: [1])
    #expect(try filled(ones).fold([.ints(3)]) == [.ints(1, 1, 1)])
    #expect(try filled(ones).fold([.integers([0], [])]) == [.integers([], [1])])
    #expect(try filled(ones).fold([.activation([3])]) == nil)
  }

  @Test func refusesValuesAndShapes() throws {
    let two = ONNXTensor(name: "", dimensions: [2], ints: [1, 2])
    #expect(
      FileNode(["value": .tensor(two)]).refusal(ConstantOfShape.self)
        == "attribute value has shape [2]; expected one number")
    let zeros = try filled(nil)
    #expect(foldingRefusal(zeros, [.ints(2, -1)]) == "input is [2, -1], which is no shape")
    #expect(
      foldingRefusal(zeros, [.ints(.max, 2)])
        == "input is [9223372036854775807, 2], which is no shape")
    #expect(
      foldingRefusal(zeros, [.ints(1 << 20, 1 << 20)])
        == "input is [1048576, 1048576]: 1099511627776 elements; graft makes constants of up to "
        + "134217728")
  }
}
