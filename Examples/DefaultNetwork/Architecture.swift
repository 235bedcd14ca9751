import Graft

/// The network: five convolutions over 32x32 pixels, the mean of each channel, one linear layer.
///
///     3 → 24 (32x32) → 32 (16x16) → 32 → 64 (8x8) → 96 → mean → classes
///
/// Small enough to be part of a program: about 93,000 weights, 370 KB.
enum Architecture {
  static let side = 32

  private struct Layer {
    let inputs: Int
    let outputs: Int
    let stride: Int
  }

  private static let layers = [
    Layer(inputs: 3, outputs: 24, stride: 1),
    Layer(inputs: 24, outputs: 32, stride: 2),
    Layer(inputs: 32, outputs: 32, stride: 1),
    Layer(inputs: 32, outputs: 64, stride: 2),
    Layer(inputs: 64, outputs: 96, stride: 1),
  ]

  /// The network with random weights (He et al. 2015), as an ONNX file would hold it.
  static func network(classes: Int, seed: UInt64) -> ONNXModel {
    var generator = SeededGenerator(seed)
    var graph = ONNXGraph(name: "default")
    graph.inputs = [value("input", [3, side, side])]
    graph.outputs = [value("logits", [classes])]
    var current = "input"
    for (index, layer) in layers.enumerated() {
      let name = "conv\(index + 1)"
      let deviation = (2 / Float(9 * layer.inputs)).squareRoot()
      graph.initializers += [
        tensor("\(name).weight", [layer.outputs, layer.inputs, 3, 3], deviation, &generator),
        tensor("\(name).bias", [layer.outputs], 0, &generator),
      ]
      graph.nodes += [
        ONNXNode(
          name: name, opType: "Conv", inputs: [current, "\(name).weight", "\(name).bias"],
          outputs: [name],
          attributes: [
            ONNXAttribute(name: "kernel_shape", value: .ints([3, 3])),
            ONNXAttribute(name: "pads", value: .ints([1, 1, 1, 1])),
            ONNXAttribute(name: "strides", value: .ints([layer.stride, layer.stride])),
          ]),
        ONNXNode(
          name: "relu\(index + 1)", opType: "Relu", inputs: [name], outputs: ["relu\(index + 1)"]),
      ]
      current = "relu\(index + 1)"
    }
    let features = layers[layers.count - 1].outputs
    graph.initializers += [
      tensor("head.weight", [classes, features], (1 / Float(features)).squareRoot(), &generator),
      tensor("head.bias", [classes], 0, &generator),
    ]
    graph.nodes += [
      ONNXNode(name: "pool", opType: "GlobalAveragePool", inputs: [current], outputs: ["pool"]),
      ONNXNode(name: "features", opType: "Flatten", inputs: ["pool"], outputs: ["features"]),
      ONNXNode(
        name: "head", opType: "Gemm", inputs: ["features", "head.weight", "head.bias"],
        outputs: ["logits"], attributes: [ONNXAttribute(name: "transB", value: .int(1))]),
    ]
    return ONNXModel(irVersion: 8, opsets: ["": 17], graph: graph)
  }

  private static func value(_ name: String, _ dimensions: [Int]) -> ONNXValueInfo {
    ONNXValueInfo(
      name: name, elementType: .float,
      dimensions: [.symbolic("batch")] + dimensions.map(ONNXDimension.fixed))
  }

  private static func tensor(
    _ name: String, _ dimensions: [Int], _ deviation: Float, _ generator: inout SeededGenerator
  ) -> ONNXTensor {
    let elements = (0..<dimensions.reduce(1, *)).map { _ in deviation * generator.normal() }
    return elements.withUnsafeBufferPointer {
      ONNXTensor(name: name, dimensions: dimensions, floats: $0)
    }
  }
}
