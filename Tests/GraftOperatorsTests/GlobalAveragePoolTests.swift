import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct GlobalAveragePoolTests {
  static let cases: [OperatorCase] = [
    .init("images", inputs: [.activation([2, 3, 5, 7])]),
    .init("many channels", inputs: [.activation([2, 130, 3, 3])]),
    .init("many pixels", inputs: [.activation([3, 2, 40, 41])]),
    .init("one pixel", opset: 1, inputs: [.activation([2, 5, 1, 1])]),
    .init("three images", inputs: [.activation([3, 7, 9, 11])]),
    .init("one element", inputs: [.activation([1, 1, 1, 1])]),
    .init("no image", inputs: [.activation([0, 3, 4, 4])]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(GlobalAveragePool.self, example) { _, inputs in
      let x = inputs[0]!
      let area = x.shape[2] * x.shape[3]
      let values = (0..<x.shape[0] * x.shape[1]).map { channel in
        { (pixels: ArraySlice<Double>) in
          pixels.reduce(0, +) / Double(pixels.count)
        }(x.values[channel * area..<(channel + 1) * area])
      }
      return [DoubleTensor([x.shape[0], x.shape[1], 1, 1], values)]
    }
  }

  @Test func refusesOtherRanks() throws {
    let op = try decoded(GlobalAveragePool.self)
    #expect(
      throws: ShapeError("inputs [[2, 3]]; expected one of 4 dimensions, [N, C, H, W]")
    ) { try op.outputShapes(for: [[2, 3]]) }
  }

  @Test func refusesImagesWithoutPixels() throws {
    let op = try decoded(GlobalAveragePool.self)
    #expect(
      throws: ShapeError("the input [2, 3, 0, 4] has 0 × 4 pixels; expected 1 to 2147483647")
    ) { try op.outputShapes(for: [[2, 3, 0, 4]]) }
  }
}
