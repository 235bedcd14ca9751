import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

/// Pools over one and over three axes.
@Suite struct VolumePoolingTests {
  static let cases: [OperatorCase] = [
    .init("lines", attributes: ["kernel_shape": [2]], inputs: [.distinct([2, 3, 9])]),
    .init(
      "padded lines", attributes: ["kernel_shape": [3], "strides": [2], "pads": [1, 2]],
      inputs: [.distinct([3, 2, 8])]),
    .init(
      "lines, same lower", attributes: ["kernel_shape": [4], "auto_pad": "SAME_LOWER"],
      inputs: [.distinct([1, 2, 7])]),
    .init(
      "volumes", attributes: ["kernel_shape": [2, 3, 2], "strides": [1, 2, 2]],
      inputs: [.distinct([2, 2, 3, 5, 4])]),
    .init(
      "padded volumes", attributes: ["kernel_shape": [2, 3, 2], "pads": [1, 2, 0, 0, 1, 1]],
      inputs: [.distinct([1, 2, 3, 4, 3])]),
    .init(
      "volumes, ceil, dilated", opset: 19,
      attributes: [
        "kernel_shape": [2, 2, 2], "strides": [3, 2, 2], "dilations": [1, 2, 1], "ceil_mode": 1,
      ], inputs: [.distinct([2, 1, 5, 6, 4])], exportOpsets: [22]),
    .init(
      "volumes, same upper",
      attributes: ["kernel_shape": [3, 2, 2], "strides": [2, 2, 2], "auto_pad": "SAME_UPPER"],
      inputs: [.distinct([1, 2, 4, 5, 3])]),
    .init(
      "no volume", attributes: ["kernel_shape": [1, 2, 1]], inputs: [.distinct([0, 2, 3, 3, 3])]),
    .init(
      "more than one task", attributes: ["kernel_shape": [2, 2, 2]],
      inputs: [.distinct([2, 5, 9, 11, 10])]),
  ]

  @Test(arguments: cases) func largest(_ example: OperatorCase) throws {
    try checkOperator(MaxPool.self, example) { example, inputs in
      [Self.pool(example, inputs[0]!) { inside, _ in inside.max()! }]
    }
  }

  @Test(arguments: cases, [0, 1]) func mean(_ example: OperatorCase, countsPadding: Int) throws {
    var example = example
    example.attributes["count_include_pad"] = .int(countsPadding)
    example.exportOpsets = [22]
    try checkOperator(AveragePool.self, example) { example, inputs in
      let y = Self.pool(example, inputs[0]!) { inside, padded in
        inside.reduce(0, +) / Double(countsPadding == 1 ? padded : inside.count)
      }
      return [y]
    }
  }

  /// A file may ask for them; only places of the input take time.
  @Test func kernelsFarLargerThanTheInput() throws {
    let attributes: [String: ONNXAttribute.Value] = [
      "kernel_shape": [1 << 24], "pads": [1 << 23, 1 << 23],
    ]
    let (x, scratch) = (Tensor([1, 1, 3], [1, 3, 2]), Arena(count: 1))
    let operators: [any Operator] = [
      try decoded(MaxPool.self, attributes), try decoded(AveragePool.self, attributes),
    ]
    for (op, expected) in zip(operators, [3, 2] as [Float]) {
      let shape = try op.outputShapes(for: [x.shape])[0]
      #expect(shape == [1, 1, 4])
      var y = Tensor(shape)
      op.forward(
        ForwardPass(
          mode: .inference, inputs: [x.unsafeView], outputs: [y.unsafeMutableView()],
          scratch: scratch.base))
      #expect(y.elements == [expected, expected, expected, expected])
    }
    withExtendedLifetime((x, scratch)) {}
  }

  @Test func refusesOtherRanks() throws {
    #expect(throws: ONNXError("attribute kernel_shape has 4 numbers; expected 1 to 3")) {
      try decoded(MaxPool.self, ["kernel_shape": [1, 1, 1, 1]])
    }
    #expect(throws: ONNXError("attribute strides has 2 numbers; expected 3")) {
      try decoded(AveragePool.self, ["kernel_shape": [1, 1, 1], "strides": [1, 1]])
    }
    #expect(
      throws: ONNXError("attribute pads adds 2 pixels of depth; expected less than the kernel's 2")
    ) {
      try decoded(MaxPool.self, ["kernel_shape": [2, 1, 1], "pads": [2, 0, 0, 0, 0, 0]])
    }
    let lines = try decoded(MaxPool.self, ["kernel_shape": [2]])
    #expect(
      throws: ShapeError(
        "the input has shape [2, 3, 4, 5]; expected 3 dimensions, batch, channels and 1 more")
    ) { try lines.outputShapes(for: [[2, 3, 4, 5]]) }
  }

  /// Straight from ONNX's formula, any number of axes, one place of the output at a time.
  private static func pool(
    _ example: OperatorCase, _ x: DoubleTensor,
    _ function: (_ inside: [Double], _ padded: Int) -> Double
  ) -> DoubleTensor {
    let kernel = example.ints("kernel_shape")!
    let rank = kernel.count
    let ones = [Int](repeating: 1, count: rank)
    let strides = example.ints("strides") ?? ones
    let dilations = example.ints("dilations") ?? ones
    var pads = example.ints("pads") ?? [Int](repeating: 0, count: 2 * rank)
    var output: [Int] = []
    for axis in 0..<rank {
      let extent = x.shape[axis + 2]
      let span = (kernel[axis] - 1) * dilations[axis] + 1
      if let mode = example.string("auto_pad") {
        output.append((extent + strides[axis] - 1) / strides[axis])
        let total = max(0, (output[axis] - 1) * strides[axis] + span - extent)
        pads[axis] = mode == "SAME_UPPER" ? total / 2 : total - total / 2
        pads[rank + axis] = total - pads[axis]
        continue
      }
      let room = extent + pads[axis] + pads[rank + axis] - span
      output.append(room / strides[axis] + 1)
      if example.int("ceil_mode", default: 0) == 1, room % strides[axis] != 0,
        output[axis] * strides[axis] < extent + pads[axis]
      {
        output[axis] += 1
      }
    }
    let taps = DoubleTensor(zeros: Shape(kernel)).indices
    return .making(Shape([x.shape[0], x.shape[1]] + output)) { index in
      var (inside, padded) = ([Double](), 0)
      for tap in taps {
        var source = [index[0], index[1]]
        var (isInside, isPadded) = (true, true)
        for axis in 0..<rank {
          let first: Int = index[axis + 2] * strides[axis] - pads[axis]
          let place: Int = first + tap[axis] * dilations[axis]
          let extent: Int = x.shape[axis + 2]
          if place >= extent + pads[rank + axis] { isPadded = false }
          if place < 0 || place >= extent { isInside = false }
          source.append(place)
        }
        if isPadded { padded += 1 }
        if isInside { inside.append(x[at: source]) }
      }
      return function(inside, padded)
    }
  }
}
