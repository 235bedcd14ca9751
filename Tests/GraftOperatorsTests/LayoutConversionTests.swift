import GraftGraph
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct LayoutConversionTests {
  static let shapes: [Shape] = [
    [1, 1, 1, 1], [2, 3, 4, 5], [3, 5, 1, 1], [2, 1, 3, 3], [2, 17, 5, 7], [1, 70, 40, 33],
  ]
  private static let both: [Layout] = [.channelsFirst, .channelsLast]

  /// Every element by its index, and gradients added to what is there.
  @Test(arguments: shapes, both)
  func movesEveryElement(_ shape: Shape, _ layout: Layout) {
    let target: Layout = layout == .channelsFirst ? .channelsLast : .channelsFirst
    let values = (0..<shape.elementCount).map(Float.init)
    var x = layout.arranging(values, shape)
    var y = [Float](repeating: .nan, count: x.count)
    var dx = [Float](repeating: 0.5, count: x.count)
    let operation = LayoutConversion()
    x.withUnsafeMutableBufferPointer { x in
      y.withUnsafeMutableBufferPointer { y in
        dx.withUnsafeMutableBufferPointer { dx in
          let input = TensorView(shape, x.baseAddress!, layout: layout)
          let output = MutableTensorView(shape, y.baseAddress!, layout: target)
          operation.forward(
            ForwardPass(
              mode: .training, inputs: [input], outputs: [output], scratch: x.baseAddress!))
          operation.backward(
            BackwardPass(
              inputs: [input], outputs: [output.readOnly], outputGradients: [output.readOnly],
              inputGradients: [MutableTensorView(shape, dx.baseAddress!, layout: layout)],
              scratch: x.baseAddress!))
        }
      }
    }
    #expect(target.restoring(y, shape) == values)
    #expect(layout.restoring(dx, shape) == values.map { $0 + 0.5 })
  }

  @Test func standsInNoFile() {
    #expect(
      FileNode().refusal(LayoutConversion.self)
        == "LayoutConversion is no ONNX operator; remove the node")
  }
}
