import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct ReduceMaxTests {
  private static let image = OperatorInput.distinct([2, 3, 5, 7])

  static let cases: [OperatorCase] = [
    .init("pixels", opset: 11, attributes: ["axes": [2, 3]], inputs: [image]),
    .init(
      "pixels, dropped", opset: 11, attributes: ["axes": [-1, -2], "keepdims": 0], inputs: [image]),
    .init("channels", opset: 11, attributes: ["axes": [1]], inputs: [image]),
    .init(
      "apart", opset: 11, attributes: ["axes": [0, 2], "keepdims": 0], inputs: [image]),
    .init("all, dropped", opset: 1, attributes: ["keepdims": 0], inputs: [image]),
    .init("as input", opset: 18, inputs: [image, .ints([2, 3])], exportOpsets: [11, 28]),
    .init("no axes: all", opset: 18, inputs: [image, .ints([])], exportOpsets: [22]),
    .init(
      "no axes: none", opset: 18, attributes: ["noop_with_empty_axes": 1], inputs: [image],
      exportOpsets: [22]),
    .init("matrix", opset: 11, attributes: ["axes": [1]], inputs: [.distinct([4, 9])]),
    .init("one element", opset: 11, attributes: ["axes": [0]], inputs: [.distinct([1])]),
    .init("no image", opset: 11, attributes: ["axes": [1]], inputs: [.distinct([0, 3])]),
    .init(
      "more than one task", opset: 11, attributes: ["axes": [1, 3]],
      inputs: [.distinct([2, 5, 33, 90])]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(ReduceMax.self, example) { example, inputs in
      [naiveReduction(example, inputs) { $0.max() ?? -.infinity }]
    }
  }

  @Test func takesNaNAndTheFirstOfEquals() throws {
    let op = try decoded(ReduceMax.self, opset: 11, ["axes": [1]])
    let x = Tensor([2, 3], [1, .nan, 2, 5, 5, 4])
    var (y, dy, dx) = (Tensor([2, 1]), Tensor([2, 1], [3, 7]), Tensor([2, 3]))
    let scratch = Arena(count: 1)
    op.forward(
      ForwardPass(
        mode: .training, inputs: [x.unsafeView], outputs: [y.unsafeMutableView()],
        scratch: scratch.base))
    #expect(y.elements[0].isNaN)
    #expect(y.elements[1] == 5)
    op.backward(
      BackwardPass(
        inputs: [x.unsafeView], outputs: [y.unsafeView], outputGradients: [dy.unsafeMutableView()],
        inputGradients: [dx.unsafeMutableView()], scratch: scratch.base))
    withExtendedLifetime((x, scratch)) {}
    #expect(dx.elements == [0, 0, 0, 7, 0, 0])
  }
}
