import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import Testing

@Suite struct RangeTests {
  private func scalar(_ value: Int) -> FoldingInput {
    .constant(.integers(IntegerTensor(dimensions: [], values: [value])))
  }

  private func scalar(_ value: Float) -> FoldingInput {
    .constant(.floats(Tensor([], repeating: value)))
  }

  private func numbers(_ start: Int, _ limit: Int, _ delta: Int) throws -> [Int]? {
    guard
      case .integers(let tensor)? = try RangeOperator().fold(
        [start, limit, delta].map { scalar($0) })?.first
    else { return nil }
    #expect(tensor.dimensions == [tensor.values.count])
    return tensor.values
  }

  private func floats(_ start: Float, _ limit: Float, _ delta: Float) throws -> [Float]? {
    guard
      case .floats(let tensor)? = try RangeOperator().fold(
        [start, limit, delta].map { scalar($0) })?.first
    else { return nil }
    #expect(tensor.shape == [tensor.elements.count])
    return tensor.elements
  }

  @Test func countsIntegers() throws {
    #expect(try numbers(0, 4, 1) == [0, 1, 2, 3])
    #expect(try numbers(1, 5, 2) == [1, 3])
    #expect(try numbers(10, 4, -2) == [10, 8, 6])
    #expect(try numbers(10, 5, -2) == [10, 8, 6])
    #expect(try numbers(3, 3, 1) == [])
    #expect(try numbers(3, 1, 1) == [])
    #expect(try numbers(1, 3, -1) == [])
    #expect(try numbers(.min, .max, .max) == [.min, -1, .max - 1])
    #expect(try numbers(.max, .min, .min) == [.max, -1])
  }

  @Test func countsFloats() throws {
    #expect(try floats(0, 1, 0.25) == [0, 0.25, 0.5, 0.75])
    #expect(try floats(1, 2.1, 0.5) == [1, 1.5, 2])
    #expect(try floats(2, 0, -0.75) == [2, 1.25, 0.5])
    #expect(try floats(2, 0, 1) == [])
  }

  @Test func waitsForConstants() throws {
    #expect(try RangeOperator().fold([scalar(0), .activation([1]), scalar(1)]) == nil)
    let vectors = [FoldingInput.ints(0), .ints(2), .ints(1)]
    #expect(try RangeOperator().fold(vectors) == [.ints(0, 1)])
  }

  @Test func refusesWhatHasNoEnd() {
    let range = RangeOperator()
    #expect(
      foldingRefusal(range, [scalar(0), scalar(4), scalar(0)])
        == "input delta is 0; the range would have no end")
    #expect(
      foldingRefusal(range, [scalar(0), scalar(Float.infinity), scalar(Float(1))])
        == "start, limit and delta must be all integers or all floats")
    #expect(
      foldingRefusal(range, [scalar(Float(0)), scalar(Float.infinity), scalar(Float(1))])
        == "inputs are 0.0, inf and 1.0; expected a range with an end")
    #expect(
      foldingRefusal(range, [scalar(0), scalar(1 << 40), scalar(1)])
        == "the range has 1099511627776.0 numbers; graft makes constants of up to 16777216")
    #expect(
      foldingRefusal(range, [.ints(0, 1), scalar(4), scalar(1)])
        == "input start has shape [2]; expected one number")
    #expect(
      FileNode([:]).refusal(RangeOperator.self)
        == "Range has 0 inputs; expected start, limit and delta")
  }
}
