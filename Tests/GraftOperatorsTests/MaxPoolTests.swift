import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct MaxPoolTests {
  static let cases: [OperatorCase] = [
    .init(
      "2×2", attributes: ["kernel_shape": [2, 2], "strides": [2, 2]],
      inputs: [.distinct([2, 3, 8, 6])]),
    .init(
      "3×3 padded",
      attributes: ["kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]],
      inputs: [.distinct([2, 5, 7, 9])]),
    .init(
      "uneven", attributes: ["kernel_shape": [2, 3], "strides": [1, 2], "pads": [0, 1, 1, 2]],
      inputs: [.distinct([1, 2, 5, 7])]),
    .init(
      "ceil", attributes: ["kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1],
      inputs: [.distinct([2, 3, 8, 7])]),
    .init(
      "ceil, padded",
      attributes: [
        "kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1], "ceil_mode": 1,
      ], inputs: [.distinct([1, 3, 6, 7])]),
    .init(
      "dilated", opset: 19,
      attributes: ["kernel_shape": [3, 2], "dilations": [2, 3], "pads": [1, 1, 0, 1]],
      inputs: [.distinct([2, 2, 9, 8])], exportOpsets: [17]),
    .init(
      "same upper",
      attributes: ["kernel_shape": [3, 2], "strides": [2, 2], "auto_pad": "SAME_UPPER"],
      inputs: [.distinct([1, 3, 7, 7])]),
    .init(
      "same lower",
      attributes: ["kernel_shape": [2, 2], "strides": [1, 1], "auto_pad": "SAME_LOWER"],
      inputs: [.distinct([1, 3, 5, 4])]),
    .init(
      "valid", opset: 1,
      attributes: ["kernel_shape": [2, 2], "auto_pad": "VALID"], inputs: [.distinct([1, 3, 5, 4])]),
    .init(
      "apart", attributes: ["kernel_shape": [2, 1], "strides": [3, 2]],
      inputs: [.distinct([3, 2, 7, 5])]),
    .init(
      "dilated, strided, three images", opset: 12,
      attributes: [
        "kernel_shape": [2, 3], "strides": [2, 3], "dilations": [3, 2], "pads": [1, 2, 0, 1],
      ], inputs: [.distinct([3, 5, 9, 11])]),
    .init(
      "ceil, dilated",
      attributes: [
        "kernel_shape": [3, 3], "strides": [2, 2], "dilations": [1, 2], "ceil_mode": 1,
      ], inputs: [.distinct([2, 3, 8, 8])]),
    .init(
      "ceil, last window mostly outside",
      attributes: ["kernel_shape": [3, 3], "strides": [3, 3], "ceil_mode": 1],
      inputs: [.distinct([2, 3, 7, 10])]),
    .init(
      "same size", attributes: ["kernel_shape": [3, 3], "pads": [1, 1, 1, 1]],
      inputs: [.distinct([2, 9, 5, 7])]),
    .init(
      "whole image", attributes: ["kernel_shape": [5, 7]], inputs: [.distinct([3, 3, 5, 7])]),
    .init("1×1", attributes: ["kernel_shape": [1, 1]], inputs: [.distinct([2, 3, 2, 3])]),
    .init("one element", attributes: ["kernel_shape": [1, 1]], inputs: [.distinct([1, 1, 1, 1])]),
    .init(
      "many channels", attributes: ["kernel_shape": [2, 2], "strides": [2, 2]],
      inputs: [.distinct([2, 130, 4, 4])]),
    .init(
      "many rows", attributes: ["kernel_shape": [3, 3], "pads": [1, 1, 1, 1]],
      inputs: [.distinct([2, 16, 33, 20])]),
    .init("no image", attributes: ["kernel_shape": [2, 2]], inputs: [.distinct([0, 3, 4, 4])]),
    .init(
      "storage order", opset: 8, attributes: ["kernel_shape": [2, 2], "storage_order": 0],
      inputs: [.distinct([1, 2, 3, 3])]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(MaxPool.self, example) { example, inputs in
      [naivePool(example, inputs[0]!) { inside, _ in inside.max()! }]
    }
  }

  @Test func givesTheGradientToTheFirstOfEqualNumbers() throws {
    let op = try decoded(MaxPool.self, ["kernel_shape": [2, 2]])
    var (x, y, dx) = ([Float](repeating: 3, count: 4), [Float(0)], [Float](repeating: 0, count: 4))
    var (saved, nothing) = ([Float(0)], [Float(0)])
    op.forward(
      ForwardPass(
        mode: .training, inputs: [TensorView([1, 1, 2, 2], &x, layout: .channelsLast)],
        outputs: [MutableTensorView([1, 1, 1, 1], &y, layout: .channelsLast)],
        saved: [MutableTensorView([1], &saved)], scratch: &nothing))
    op.backward(
      BackwardPass(
        inputs: [TensorView([1, 1, 2, 2], &x)], outputs: [TensorView([1, 1, 1, 1], &y)],
        saved: [TensorView([1], &saved)], outputGradients: [MutableTensorView([1, 1, 1, 1], &y)],
        inputGradients: [MutableTensorView([1, 1, 2, 2], &dx)], scratch: &nothing))
    #expect(dx == [3, 0, 0, 0])
  }

  @Test func refusesPaddingAsLargeAsTheKernel() {
    #expect(
      throws: ONNXError(
        "attribute pads adds 2 pixels of width; expected less than the kernel's 2")
    ) {
      try decoded(MaxPool.self, ["kernel_shape": [3, 2], "pads": [2, 2, 0, 0]])
    }
  }

  @Test func refusesOtherRanks() throws {
    let op = try decoded(MaxPool.self, ["kernel_shape": [2, 2]])
    #expect(
      throws: ShapeError("the input has shape [2, 3, 4]; expected 4 dimensions, [N, C, H, W]")
    ) { try op.outputShapes(for: [[2, 3, 4]]) }
  }

  @Test func refusesColumnMajorIndices() {
    #expect(throws: ONNXError("attribute storage_order is 1; graft reads 0, row-major")) {
      try decoded(MaxPool.self, ["kernel_shape": [2, 2], "storage_order": 1])
    }
  }

  @Test func refusesIndices() {
    #expect(
      throws: ONNXError("output Indices is used; graft computes only the first output of MaxPool")
    ) { try decoded(MaxPool.self, ["kernel_shape": [2, 2]], outputCount: 2) }
  }

  @Test func refusesMorePixelsThanItCanNumber() throws {
    let op = try decoded(MaxPool.self, ["kernel_shape": [1, 1]])
    #expect(
      throws: ShapeError(
        "the input [0, 1, 4294967296, 4294967296] has more pixels than graft can number")
    ) { try op.outputShapes(for: [[0, 1, 4_294_967_296, 4_294_967_296]]) }
  }
}
