import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct ConvTests {
  static let cases: [OperatorCase] = [
    .init(
      "1×1", attributes: ["kernel_shape": [1, 1]],
      inputs: [.activation([2, 3, 5, 7]), .parameter([4, 3, 1, 1])]),
    .init("kernel from W", inputs: [.activation([1, 2, 4, 5]), .parameter([3, 2, 3, 2])]),
    .init(
      "padded, strided, bias",
      attributes: ["kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]],
      inputs: [.activation([2, 3, 8, 7]), .parameter([4, 3, 3, 3]), .parameter([4], seed: 5)]),
    .init(
      "uneven pads", attributes: ["pads": [0, 1, 2, 3]],
      inputs: [.activation([1, 17, 5, 4]), .parameter([3, 17, 2, 3])]),
    .init(
      "dilated", attributes: ["dilations": [2, 3], "pads": [2, 3, 2, 3]],
      inputs: [.activation([1, 2, 6, 7]), .parameter([2, 2, 3, 3])]),
    .init(
      "groups", attributes: ["group": 2, "pads": [1, 1, 1, 1]],
      inputs: [.activation([2, 6, 5, 4]), .parameter([4, 3, 3, 3]), .parameter([4], seed: 5)]),
    .init(
      "depthwise", attributes: ["group": 6, "strides": [2, 1], "pads": [1, 1, 1, 1]],
      inputs: [.activation([1, 6, 9, 9]), .parameter([6, 1, 3, 3]), .parameter([6], seed: 5)]),
    .init(
      "depthwise, multiplied", attributes: ["group": 3],
      inputs: [.activation([2, 3, 5, 5]), .parameter([6, 1, 2, 2])]),
    .init(
      "winograd", attributes: ["pads": [1, 1, 1, 1]],
      inputs: [.activation([2, 8, 6, 9]), .parameter([16, 8, 3, 3]), .parameter([16], seed: 5)]),
    .init(
      "winograd, 5×5", attributes: ["pads": [2, 2, 2, 2]],
      inputs: [.activation([2, 8, 5, 6]), .parameter([16, 8, 5, 5]), .parameter([16], seed: 5)]),
    .init(
      "same upper", attributes: ["auto_pad": "SAME_UPPER", "strides": [2, 2]],
      inputs: [.activation([1, 2, 6, 7]), .parameter([2, 2, 3, 4])]),
    .init(
      "same lower", attributes: ["auto_pad": "SAME_LOWER", "strides": [2, 3]],
      inputs: [.activation([1, 2, 5, 8]), .parameter([2, 2, 4, 4])]),
    .init(
      "valid, opset 1", opset: 1, attributes: ["auto_pad": "VALID"],
      inputs: [.activation([1, 2, 4, 4]), .parameter([2, 2, 2, 2])]),
    .init(
      "computed weights", attributes: ["pads": [1, 1, 1, 1]],
      inputs: [.activation([1, 3, 4, 5]), .activation([4, 3, 3, 3], in: -1...1, seed: 9)]),
    .init(
      "computed weights, winograd", attributes: ["pads": [1, 1, 1, 1]],
      inputs: [.activation([1, 8, 4, 5]), .activation([8, 8, 3, 3], in: -1...1, seed: 9)]),
    .init("one element", inputs: [.activation([1, 1, 1, 1]), .parameter([1, 1, 1, 1])]),
    .init(
      "one pixel, padded", attributes: ["pads": [1, 1, 1, 1]],
      inputs: [.activation([3, 2, 1, 1]), .parameter([5, 2, 3, 3]), .parameter([5], seed: 5)]),
    .init(
      "1×1, strided", attributes: ["strides": [2, 2]],
      inputs: [.activation([3, 5, 7, 6]), .parameter([7, 5, 1, 1]), .parameter([7], seed: 5)]),
    .init(
      "1×1, padded", attributes: ["pads": [1, 0, 0, 2]],
      inputs: [.activation([2, 3, 3, 4]), .parameter([4, 3, 1, 1]), .parameter([4], seed: 5)]),
    .init(
      "windows apart", attributes: ["strides": [3, 4]],
      inputs: [.activation([2, 3, 8, 11]), .parameter([4, 3, 2, 3])]),
    .init(
      "1×7", attributes: ["pads": [0, 3, 0, 3]],
      inputs: [.activation([2, 4, 5, 9]), .parameter([3, 4, 1, 7]), .parameter([3], seed: 5)]),
    .init(
      "7×1", attributes: ["pads": [3, 0, 3, 0]],
      inputs: [.activation([2, 4, 5, 9]), .parameter([3, 4, 7, 1]), .parameter([3], seed: 5)]),
    .init(
      "7×7, strided", attributes: ["strides": [2, 2], "pads": [3, 3, 3, 3]],
      inputs: [.activation([2, 3, 13, 15]), .parameter([8, 3, 7, 7])]),
    .init(
      "groups, strided, dilated",
      attributes: [
        "group": 3, "strides": [2, 3], "dilations": [3, 2], "pads": [2, 0, 1, 3],
      ],
      inputs: [.activation([3, 6, 9, 11]), .parameter([9, 2, 3, 2]), .parameter([9], seed: 5)]),
    .init(
      "groups of 1×1", attributes: ["group": 4],
      inputs: [.activation([3, 8, 3, 5]), .parameter([12, 2, 1, 1]), .parameter([12], seed: 5)]),
    .init(
      "depthwise, many channels, three images",
      attributes: ["group": 37, "pads": [1, 1, 1, 1], "strides": [2, 2]],
      inputs: [
        .activation([3, 37, 7, 5]), .parameter([37, 1, 3, 3]), .parameter([37], seed: 5),
      ]),
    .init(
      "depthwise, 5×5, uneven pads", attributes: ["group": 5, "pads": [2, 1, 2, 3]],
      inputs: [.activation([2, 5, 7, 6]), .parameter([5, 1, 5, 5]), .parameter([5], seed: 5)]),
    .init(
      "depthwise, dilated",
      attributes: ["group": 4, "dilations": [2, 3], "pads": [2, 3, 2, 3]],
      inputs: [.activation([2, 4, 7, 9]), .parameter([4, 1, 3, 3])]),
    .init(
      "winograd, three images, uneven pads", attributes: ["pads": [0, 1, 2, 0]],
      inputs: [
        .activation([3, 16, 7, 11]), .parameter([24, 16, 3, 3]), .parameter([24], seed: 5),
      ]),
    .init(
      "winograd, smaller than a tile", attributes: ["pads": [1, 1, 1, 1]],
      inputs: [.activation([3, 16, 1, 3]), .parameter([16, 16, 3, 3])]),
    .init(
      "empty batch", inputs: [.activation([0, 3, 4, 5]), .parameter([4, 3, 3, 3])]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(Conv.self, example) { [Self.naive($0, $1)] }
  }

  /// The formula, with the padding of `auto_pad` as the specification has it.
  static func naive(_ example: OperatorCase, _ inputs: [DoubleTensor?]) -> DoubleTensor {
    let (x, w) = (inputs[0]!, inputs[1]!)
    let bias = inputs.count > 2 ? inputs[2] : nil
    let groups = example.int("group", default: 1)
    let stride = example.ints("strides") ?? [1, 1]
    let dilation = example.ints("dilations") ?? [1, 1]
    var pads = example.ints("pads") ?? [0, 0, 0, 0]
    var size = [0, 0]
    for axis in 0..<2 {
      let (extent, span) = (x.shape[2 + axis], (w.shape[2 + axis] - 1) * dilation[axis] + 1)
      if let mode = example.string("auto_pad"), mode != "VALID" {
        size[axis] = (extent + stride[axis] - 1) / stride[axis]
        let total = max(0, (size[axis] - 1) * stride[axis] + span - extent)
        pads[axis] = mode == "SAME_UPPER" ? total / 2 : total - total / 2
      } else {
        size[axis] = (extent + pads[axis] + pads[axis + 2] - span) / stride[axis] + 1
      }
    }
    var y = DoubleTensor(zeros: [x.shape[0], w.shape[0], size[0], size[1]])
    for place in y.indices {
      let (n, o) = (place[0], place[1])
      var sum = bias?[o] ?? 0
      for c in 0..<w.shape[1] {
        for i in 0..<w.shape[2] {
          for j in 0..<w.shape[3] {
            let row = place[2] * stride[0] - pads[0] + i * dilation[0]
            let column = place[3] * stride[1] - pads[1] + j * dilation[1]
            guard row >= 0, row < x.shape[2], column >= 0, column < x.shape[3] else { continue }
            let channel = o / (w.shape[0] / groups) * w.shape[1] + c
            sum += w[o, c, i, j] * x[n, channel, row, column]
          }
        }
      }
      y[at: place] = sum
    }
    return y
  }
}

// MARK: - Epilogue

extension ConvTests {
  static let epilogues: [(Epilogue.Activation, @Sendable (Double) -> Double)] = [
    (.none, { $0 }), (.relu, { max(0, $0) }), (.clip(min: -0.5, max: 1), { min(max($0, -0.5), 1) }),
  ]

  @Test(arguments: ["direct", "winograd", "winograd-2x2"], [0, 1, 2])
  func addsAResidualAndActivates(method: String, activation: Int) throws {
    var conv = Conv(window: SlidingWindow(kernel: 3, pad: 1))
    conv.epilogue = Epilogue(activation: Self.epilogues[activation].0, hasResidual: true)
    let shapes: [Shape] = [[1, 8, 4, 5], [8, 8, 3, 3], [8], [1, 8, 4, 5]]
    #expect(try conv.outputShapes(for: shapes) == [[1, 8, 4, 5]])
    let inputs = shapes.enumerated().map { index, shape in
      OperatorInput.activation(shape, in: -1...1, seed: UInt64(index)).reference(batch: 1)!
    }
    let example = OperatorCase("", attributes: ["pads": [1, 1, 1, 1]], inputs: [])
    var expected = Self.naive(example, Array(inputs.prefix(3)))
    for index in expected.values.indices {
      expected.values[index] = Self.epilogues[activation].1(
        expected.values[index] + inputs[3].values[index])
    }

    let context = PlanningContext(
      inputs: shapes, isParameter: [false, true, true, false], mode: .inference, method: method)
    let floats = zip(inputs, [Layout.channelsLast, .channelsFirst, .channelsFirst, .channelsLast])
      .map { $1.arranging($0.values.map(Float.init), $0.shape) }
    var y = [Float](repeating: .nan, count: expected.values.count)
    var scratch = [Float](repeating: .nan, count: conv.memory(for: context).scratchFloats)
    y.withUnsafeMutableBufferPointer { y in
      floats[0].withUnsafeBufferPointer { x in
        floats[1].withUnsafeBufferPointer { w in
          floats[2].withUnsafeBufferPointer { b in
            floats[3].withUnsafeBufferPointer { r in
              scratch.withUnsafeMutableBufferPointer { scratch in
                conv.forward(
                  ForwardPass(
                    mode: .inference,
                    inputs: [
                      TensorView(shapes[0], x.baseAddress!, layout: .channelsLast),
                      TensorView(shapes[1], w.baseAddress!), TensorView(shapes[2], b.baseAddress!),
                      TensorView(shapes[3], r.baseAddress!, layout: .channelsLast),
                    ],
                    outputs: [
                      MutableTensorView(shapes[0], y.baseAddress!, layout: .channelsLast)
                    ],
                    scratch: scratch.baseAddress!, method: method))
              }
            }
          }
        }
      }
    }
    let tolerance = method == "direct" ? Tolerance.forward : .forward.forInexactMethod
    try tolerance.check(
      Layout.channelsLast.restoring(y, expected.shape), equals: expected, "epilogue")
  }

  @Test func refusesAResidualOfAnotherShape() {
    var conv = Conv(window: SlidingWindow(kernel: 1))
    conv.epilogue.hasResidual = true
    #expect(throws: ShapeError("the residual has shape [1, 4, 2, 3]; expected [1, 4, 2, 2]")) {
      try conv.outputShapes(for: [[1, 3, 2, 2], [4, 3, 1, 1], [1, 4, 2, 3]])
    }
  }
}

// MARK: - Planning

extension ConvTests {
  @Test func listsTheWaysItCanTake() {
    func names(_ conv: Conv, _ inputs: [Shape], _ mode: Mode = .inference) -> [String] {
      conv.methods(
        for: PlanningContext(inputs: inputs, isParameter: [false, true], mode: mode)
      ).map(\.name)
    }
    let padded = Conv(window: SlidingWindow(kernel: 3, pad: 1))
    let shapes: [Shape] = [[1, 64, 56, 56], [64, 64, 3, 3]]
    #expect(names(padded, shapes) == ["direct", "winograd", "winograd-2x2"])
    #expect(names(padded, shapes, .training) == ["direct", "winograd"])
    #expect(names(padded, [[1, 3, 224, 224], [64, 3, 3, 3]]) == ["direct"])
    let depthwise = Conv(window: SlidingWindow(kernel: 3, pad: 1), groups: 32)
    #expect(names(depthwise, [[1, 32, 56, 56], [32, 1, 3, 3]]) == ["depthwise"])
  }

  @Test(arguments: [64, 128, 256, 512]) func expectsWinogradToBeFaster(channels: Int) {
    let conv = Conv(window: SlidingWindow(kernel: 3, pad: 1))
    let size = 64 * 56 / channels
    let methods = conv.methods(
      for: PlanningContext(
        inputs: [[1, channels, size, size], [channels, channels, 3, 3]],
        isParameter: [false, true], mode: .inference))
    #expect(methods.map(\.isExact) == [true, false, false])
    #expect(channels == 512 || methods[1].cost < methods[0].cost)
    // Few pixels, many weights.
    #expect((methods[2].cost < methods[1].cost) == (channels >= 256))
  }

  @Test func namesTheRoles() {
    let conv = Conv(window: SlidingWindow(kernel: 1))
    #expect(conv.role(ofInput: 1, shape: [4, 3, 1, 1]) == .weight)
    #expect(conv.role(ofInput: 2, shape: [4]) == .bias)
  }

  @Test func countsOperations() {
    let conv = Conv(window: SlidingWindow(kernel: 3, pad: 1))
    let inputs: [Shape] = [[2, 3, 8, 8], [4, 3, 3, 3]]
    #expect(
      conv.floatingPointOperations(for: inputs, outputs: [[2, 4, 8, 8]])
        == 2 * 2 * 64 * 4 * 3 * 9)
  }
}

// MARK: - Refusals

extension ConvTests {
  static let refusals: [(shapes: [Shape], message: String)] = [
    (
      [[1, 4, 5, 5], [2, 3, 3, 3]],
      "X has 4 channels; W [2, 3, 3, 3] with 1 group expects 3"
    ),
    (
      [[1, 3, 5], [2, 3, 3, 3]],
      "X has shape [1, 3, 5] and W [2, 3, 3, 3]; graft reads 2-D convolutions, [N, C, H, W] "
        + "and [O, C/groups, KH, KW]"
    ),
    ([[1, 3, 5, 5], [2, 3, 2, 3]], "W has shape [2, 3, 2, 3]; kernel_shape is [3, 3]"),
    ([[1, 3, 5, 5], [0, 3, 3, 3]], "W has shape [0, 3, 3, 3]; expected no empty dimension"),
    (
      [[1, 3, 5, 5], [2, 3, 3, 3], [3]],
      "B has shape [3]; expected [2], one for each output of W"
    ),
    (
      [[1, 3, 2, 5], [2, 3, 3, 3]],
      "the window spans 3 pixels of height; the input has 2 and 0 + 0 of padding"
    ),
    ([[1, 3, 5, 5]], "Conv has 1 inputs; expected X, W and optionally B"),
    (
      [[1 << 40, 3, 5, 5], [2, 3, 3, 3]],
      "the input [1099511627776, 3, 5, 5] has more than 2^36 elements; graft takes no more"
    ),
    (
      [[1 << 29, 3, 5, 5], [64, 3, 3, 3]],
      "the output [536870912, 64, 3, 3] has more than 2^36 elements; graft takes no more"
    ),
  ]

  @Test(arguments: refusals.indices) func refusesShapes(_ index: Int) {
    let (shapes, message) = Self.refusals[index]
    let conv = Conv(window: SlidingWindow(kernel: 3))
    #expect(throws: ShapeError(message)) { try conv.outputShapes(for: shapes) }
  }

  @Test func refusesOutputsThatGroupsDoNotDivide() {
    let conv = Conv(window: SlidingWindow(kernel: 1), groups: 2)
    #expect(throws: ShapeError("W has 3 outputs; expected a multiple of the 2 groups")) {
      try conv.outputShapes(for: [[1, 4, 2, 2], [3, 2, 1, 1]])
    }
  }

  @Test func refusesNoGroups() {
    #expect(throws: ONNXError("attribute group is 0; expected at least 1")) {
      try decoded(Conv.self, ["kernel_shape": [1, 1], "group": 0])
    }
  }

  @Test func refusesOtherThanTwoDimensions() {
    let inputs: [DecodedInput] = [.activation([1, 3, 8]), .floats(Tensor([4, 3, 3]))]
    #expect(
      throws: ONNXError(
        "W has shape [4, 3, 3], 1-D; graft reads 2-D kernels, [outputs, channels, height, width]")
    ) { try decoded(Conv.self, inputs: inputs) }
  }
}
