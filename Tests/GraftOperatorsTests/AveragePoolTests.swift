import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct AveragePoolTests {
  private static let withoutPadding: [OperatorCase] = [
    .init(
      "2×2", attributes: ["kernel_shape": [2, 2], "strides": [2, 2]],
      inputs: [.activation([2, 3, 8, 6])]),
    .init(
      "3×3 padded",
      attributes: ["kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]],
      inputs: [.activation([2, 5, 7, 9])]),
    .init(
      "uneven", attributes: ["kernel_shape": [2, 3], "strides": [1, 2], "pads": [0, 1, 1, 2]],
      inputs: [.activation([1, 2, 5, 7])]),
    .init(
      "ceil", attributes: ["kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1],
      inputs: [.activation([2, 3, 8, 7])]),
    .init(
      "ceil, padded",
      attributes: [
        "kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1], "ceil_mode": 1,
      ], inputs: [.activation([1, 3, 6, 7])]),
    .init(
      "dilated", opset: 19,
      attributes: ["kernel_shape": [3, 2], "dilations": [2, 3], "pads": [1, 1, 0, 1]],
      inputs: [.activation([2, 2, 9, 8])], exportOpsets: [19]),
    .init(
      "same upper",
      attributes: ["kernel_shape": [3, 2], "strides": [2, 2], "auto_pad": "SAME_UPPER"],
      inputs: [.activation([1, 3, 7, 7])]),
    .init(
      "same lower",
      attributes: ["kernel_shape": [2, 2], "strides": [1, 1], "auto_pad": "SAME_LOWER"],
      inputs: [.activation([1, 3, 5, 4])]),
    .init(
      "valid", opset: 1,
      attributes: ["kernel_shape": [2, 2], "auto_pad": "VALID"],
      inputs: [.activation([1, 3, 5, 4])]),
    .init(
      "apart", attributes: ["kernel_shape": [2, 1], "strides": [3, 2]],
      inputs: [.activation([3, 2, 7, 5])]),
    .init(
      "dilated, strided, three images", opset: 19,
      attributes: [
        "kernel_shape": [2, 3], "strides": [2, 3], "dilations": [3, 2], "pads": [1, 2, 0, 1],
      ], inputs: [.activation([3, 5, 9, 11])], exportOpsets: [19]),
    .init(
      "ceil, dilated", opset: 19,
      attributes: [
        "kernel_shape": [3, 3], "strides": [2, 2], "dilations": [1, 2], "ceil_mode": 1,
      ], inputs: [.activation([2, 3, 8, 8])], exportOpsets: [19]),
    .init(
      "ceil, last window mostly outside",
      attributes: ["kernel_shape": [3, 3], "strides": [3, 3], "ceil_mode": 1],
      inputs: [.activation([2, 3, 7, 10])]),
    .init(
      "whole image", attributes: ["kernel_shape": [5, 7]], inputs: [.activation([3, 3, 5, 7])]),
    .init("1×1", attributes: ["kernel_shape": [1, 1]], inputs: [.activation([2, 3, 2, 3])]),
    .init(
      "one element", attributes: ["kernel_shape": [1, 1]], inputs: [.activation([1, 1, 1, 1])]),
    .init(
      "many channels", attributes: ["kernel_shape": [2, 2], "strides": [2, 2]],
      inputs: [.activation([2, 130, 4, 4])]),
    .init(
      "many rows", attributes: ["kernel_shape": [3, 3], "pads": [1, 1, 1, 1]],
      inputs: [.activation([2, 16, 33, 20])]),
    .init("no image", attributes: ["kernel_shape": [2, 2]], inputs: [.activation([0, 3, 4, 4])]),
  ]

  static let cases =
    withoutPadding
    + withoutPadding.filter { $0.opset >= 7 }.map { example in
      var example = example
      example.name += ", counting padding"
      example.attributes["count_include_pad"] = 1
      return example
    }

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    let countsPadding = example.int("count_include_pad", default: 0) != 0
    try checkOperator(AveragePool.self, example) { example, inputs in
      let y = naivePool(example, inputs[0]!) { inside, padded in
        inside.reduce(0, +) / Double(countsPadding ? padded : inside.count)
      }
      return [y]
    }
  }

  @Test func refusesPaddingAsLargeAsTheKernel() {
    #expect(
      throws: ONNXError(
        "attribute pads adds 2 pixels of width; expected less than the kernel's 2")
    ) {
      try decoded(AveragePool.self, ["kernel_shape": [3, 2], "pads": [2, 2, 0, 0]])
    }
  }

  @Test func refusesOtherRanks() throws {
    let op = try decoded(AveragePool.self, ["kernel_shape": [2, 2]])
    #expect(
      throws: ShapeError("the input has shape [2, 3, 4]; expected 4 dimensions, [N, C, H, W]")
    ) { try op.outputShapes(for: [[2, 3, 4]]) }
  }
}
