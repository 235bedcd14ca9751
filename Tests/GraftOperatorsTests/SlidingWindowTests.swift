import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct SlidingWindowTests {
  private func window(
    _ attributes: [String: ONNXAttribute.Value], weights: Shape? = nil, hasCeilMode: Bool = false
  ) throws(ONNXError) -> SlidingWindow {
    try SlidingWindow(
      decoding: NodeDecoder(opType: "MaxPool", opset: 13, attributes: attributes, inputs: []),
      weights: weights, hasCeilMode: hasCeilMode)
  }

  @Test(arguments: [
    // input, kernel, stride, pads, floor, ceil
    (7, 3, 2, [0, 0], 3, 3), (8, 3, 2, [0, 0], 3, 4), (6, 2, 2, [0, 0], 3, 3),
    (5, 2, 2, [0, 0], 2, 3), (112, 3, 2, [1, 1], 56, 57), (1, 1, 1, [0, 0], 1, 1),
    // The third window would begin in the padding at the end.
    (4, 2, 3, [0, 3], 2, 2), (2, 1, 2, [0, 2], 2, 2), (3, 2, 2, [1, 1], 2, 2),
  ])
  func roundsDownOrUp(
    input: Int, kernel: Int, stride: Int, pads: [Int], floor: Int, ceil: Int
  ) throws {
    for (mode, expected) in [(false, floor), (true, ceil)] {
      let axis = SlidingAxis(
        kernel: kernel, stride: stride, padBegin: pads[0], padEnd: pads[1])
      let window = SlidingWindow(
        vertical: axis, horizontal: SlidingAxis(kernel: 1), ceilMode: mode)
      #expect(try window.outputShape(for: [2, 3, input, 9]) == [2, 3, expected, 9])
    }
  }

  /// Where the odd pixel goes is tested with Conv.
  @Test(arguments: ["SAME_UPPER", "SAME_LOWER"]) func keepsTheSize(_ mode: String) throws {
    let window = try window(
      ["kernel_shape": [2, 5], "strides": [1, 3], "auto_pad": .string(mode)])
    #expect(try window.outputShape(for: [1, 1, 5, 7], channels: 4) == [1, 4, 5, 3])
  }

  @Test func readsAndWritesTheSame() throws {
    let attributes: [[String: ONNXAttribute.Value]] = [
      ["kernel_shape": [2, 3]],
      ["kernel_shape": [2, 3], "strides": [2, 1], "pads": [0, 1, 2, 3], "dilations": [1, 2]],
      ["kernel_shape": [3, 3], "auto_pad": "SAME_LOWER", "ceil_mode": 1],
      ["kernel_shape": [3, 3], "auto_pad": "VALID"],
    ]
    for attributes in attributes {
      let once = try window(attributes, hasCeilMode: true)
      var encoder = NodeEncoder(opset: 13)
      once.encode(into: &encoder)
      let written = Dictionary(uniqueKeysWithValues: encoder.attributes.map { ($0.name, $0.value) })
      #expect(try window(written, hasCeilMode: true) == once)
    }
  }

  static let refusals: [(attributes: [String: ONNXAttribute.Value], message: String)] = [
    ([:], "attribute kernel_shape is missing; expected [height, width]"),
    (
      ["kernel_shape": [3]],
      "attribute kernel_shape has 1 numbers; expected 2: graft reads 2-D windows, not 1-D"
    ),
    (
      ["kernel_shape": [3, 3, 3]],
      "attribute kernel_shape has 3 numbers; expected 2: graft reads 2-D windows, not 3-D"
    ),
    (["kernel_shape": [0, 3]], "attribute kernel_shape is [0, 3]; expected 1 to 16777216 each"),
    (
      ["kernel_shape": [3, 3], "strides": [1, 0]],
      "attribute strides is [1, 0]; expected 1 to 16777216 each"
    ),
    (
      ["kernel_shape": [3, 3], "dilations": [0, 1]],
      "attribute dilations is [0, 1]; expected 1 to 16777216 each"
    ),
    (
      ["kernel_shape": [3, 3], "pads": [0, 0, -1, 0]],
      "attribute pads is [0, 0, -1, 0]; expected 0 to 16777216 each"
    ),
    (
      ["kernel_shape": [3, 3], "pads": [0, 0, .max, 0]],
      "attribute pads is [0, 0, 9223372036854775807, 0]; expected 0 to 16777216 each"
    ),
    (["kernel_shape": [3, 3], "pads": [1, 1, 1]], "attribute pads has 3 numbers; expected 4"),
    (
      ["kernel_shape": [3, 3], "auto_pad": "SAME"],
      "attribute auto_pad is \"SAME\"; expected NOTSET, VALID, SAME_UPPER or SAME_LOWER"
    ),
    (
      ["kernel_shape": [3, 3], "auto_pad": "VALID", "pads": [1, 1, 1, 1]],
      "attribute auto_pad is \"VALID\" and pads is [1, 1, 1, 1]; expected only one"
    ),
  ]

  @Test(arguments: refusals.indices) func refuses(_ index: Int) {
    let (attributes, message) = Self.refusals[index]
    #expect(throws: ONNXError(message)) { try window(attributes) }
  }

  @Test func refusesInputsThatAreNoImages() {
    let window = SlidingWindow(kernel: 1)
    #expect(throws: ShapeError("the input has shape [2, 3]; expected 4 dimensions, [N, C, H, W]")) {
      try window.outputShape(for: [2, 3])
    }
    #expect(throws: ShapeError("the input has height 0; expected at least 1")) {
      try window.outputShape(for: [2, 3, 0, 5])
    }
  }
}
