package import GraftONNX
import GraftTensor

/// Small ONNX models made in Swift, for tests of import, export and training.
package struct ModelBuilder {
  package var model: ONNXModel

  package init(_ name: String = "tiny", opset: Int = 17, irVersion: Int = 8) {
    model = ONNXModel(irVersion: irVersion, opsets: ["": opset], graph: ONNXGraph(name: name))
    model.producerName = "graft tests"
  }

  /// A float input; a negative dimension is the free one, named `batch`.
  package mutating func input(_ name: String, _ dimensions: [Int]) {
    model.graph.inputs.append(Self.info(name, dimensions))
  }

  package mutating func output(_ name: String, _ dimensions: [Int]) {
    model.graph.outputs.append(Self.info(name, dimensions))
  }

  /// An initializer of given floats.
  package mutating func weights(_ name: String, _ dimensions: [Int], _ values: [Float]) {
    values.withUnsafeBufferPointer {
      model.graph.initializers.append(ONNXTensor(name: name, dimensions: dimensions, floats: $0))
    }
  }

  /// An initializer of uniform random floats.
  package mutating func weights(
    _ name: String, _ dimensions: [Int], in range: ClosedRange<Float> = -0.5...0.5, seed: UInt64 = 5
  ) {
    let input = OperatorInput.parameter(
      .init(dimensions), in: range, seed: seed &+ UInt64(model.graph.initializers.count))
    guard case .floats(_, let values) = input.content else { return }
    weights(name, dimensions, values)
  }

  package mutating func integers(_ name: String, _ values: [Int]) {
    model.graph.initializers.append(
      ONNXTensor(name: name, dimensions: [values.count], ints: values))
  }

  /// A node named after its first output.
  package mutating func node(
    _ opType: String, _ inputs: [String], _ outputs: [String],
    _ attributes: [String: ONNXAttribute.Value] = [:]
  ) {
    model.graph.nodes.append(
      ONNXNode(
        name: outputs[0], opType: opType, inputs: inputs, outputs: outputs,
        attributes: attributes.sorted { $0.key < $1.key }.map {
          ONNXAttribute(name: $0.key, value: $0.value)
        }))
  }

  private static func info(_ name: String, _ dimensions: [Int]) -> ONNXValueInfo {
    ONNXValueInfo(
      name: name, elementType: .float,
      dimensions: dimensions.map { $0 < 0 ? .symbolic("batch") : .fixed($0) })
  }
}

extension ONNXModel {
  /// `[N, channels, size, size]` → Conv 3×3 → BatchNormalization → Relu → MaxPool 2×2 →
  /// GlobalAveragePool → Flatten → Gemm → `[N, classes]`, seeded random weights.
  package static func tinyClassifier(
    channels: Int = 3, size: Int = 8, width: Int = 4, classes: Int = 3, seed: UInt64 = 5
  ) -> ONNXModel {
    var builder = ModelBuilder()
    builder.input("image", [-1, channels, size, size])
    builder.weights("conv.weight", [width, channels, 3, 3], seed: seed)
    builder.weights("conv.bias", [width], seed: seed)
    builder.node(
      "Conv", ["image", "conv.weight", "conv.bias"], ["conv"],
      ["kernel_shape": [3, 3], "pads": [1, 1, 1, 1]])
    builder.weights("bn.weight", [width], in: 0.5...1.5, seed: seed)
    builder.weights("bn.bias", [width], seed: seed)
    builder.weights("bn.mean", [width], seed: seed)
    builder.weights("bn.variance", [width], in: 0.5...1.5, seed: seed)
    builder.node(
      "BatchNormalization", ["conv", "bn.weight", "bn.bias", "bn.mean", "bn.variance"], ["bn"])
    builder.node("Relu", ["bn"], ["relu"])
    builder.node("MaxPool", ["relu"], ["pool"], ["kernel_shape": [2, 2], "strides": [2, 2]])
    builder.node("GlobalAveragePool", ["pool"], ["features"])
    builder.node("Flatten", ["features"], ["flat"])
    builder.weights("fc.weight", [classes, width], seed: seed)
    builder.weights("fc.bias", [classes], seed: seed)
    builder.node("Gemm", ["flat", "fc.weight", "fc.bias"], ["logits"], ["transB": 1])
    builder.output("logits", [-1, classes])
    return builder.model
  }
}
