import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct MaxTests {
  @Test(arguments: ExtremeCases.all) func contract(_ example: OperatorCase) throws {
    try checkOperator(Max.self, example) { example, inputs in
      [ExtremeCases.broadcast(inputs.map { $0! }) { max($0, $1) }]
    }
  }

  /// The first of equals gets the gradient, as a Relu's zero gets none from its constant.
  @Test func givesTheGradientToOneOfEquals() throws {
    let x = Tensor([1, 2], [3, 3])
    var gradients = [Tensor([1, 2]), Tensor([1, 2])]
    var (y, dy) = (x, Tensor([1, 2], [5, 7]))
    let views = gradients.indices.map { gradients[$0].unsafeMutableView() }
    let scratch = Arena(count: 1)
    try decoded(Max.self).backward(
      BackwardPass(
        inputs: [x.unsafeView, x.unsafeView], outputs: [y.unsafeMutableView().readOnly],
        outputGradients: [dy.unsafeMutableView()], inputGradients: views, scratch: scratch.base))
    #expect(gradients[0].elements == [5, 7])
    #expect(gradients[1].elements == [0, 0])
  }

  @Test func nothingIsLargerThanNaN() throws {
    let inputs = [Tensor([1, 3], [.nan, 1, 2]), Tensor([1, 3], [0, .nan, 3])]
    var y = Tensor([1, 3])
    let scratch = Arena(count: 1)
    try decoded(Max.self).forward(
      ForwardPass(
        mode: .inference, inputs: inputs.map(\.unsafeView), outputs: [y.unsafeMutableView()],
        scratch: scratch.base))
    withExtendedLifetime(inputs) {}
    #expect(y.elements[0].isNaN && y.elements[1].isNaN)
    #expect(y.elements[2] == max(2, 3))
  }

  @Test func foldsIntegers() throws {
    let op = try decoded(Max.self)
    #expect(
      try op.fold([.ints(1, 5), .integers([], [3]), .ints(2, 4)])
        == [.ints(max(1, 3, 2), max(5, 3, 4))])
    #expect(try op.fold([.ints(1, 5), .activation([2])]) == nil)
  }

  @Test func refusesWhatDoesNotFit() throws {
    let op = try decoded(Max.self)
    #expect(throws: ShapeError("no input; expected at least 1")) { try op.outputShapes(for: []) }
    #expect(
      throws: ShapeError(
        "inputs [2, 3] and [2, 4] cannot be combined: 3 meets 4; expected equal extents or 1")
    ) {
      try op.outputShapes(for: [[2, 3], [2, 4]])
    }
  }
}
