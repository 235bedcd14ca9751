public import GraftGraph
import GraftTensor

extension Networks {
  /// LeNet-5 for grey digits `[1, 28, 28]`, which the first layer pads to the paper's 32: 61,706
  /// parameters.
  ///
  ///     conv 5×5, 6 → mean 2×2 → conv 5×5, 16 → mean 2×2 → 120 → 84 → classes, tanh between
  ///
  /// As usual today: every map of the second convolution sees all of the first, subsampling has no
  /// weights, and the output is linear, where the paper has radial basis functions.
  /// Source: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document
  /// recognition", Proc. IEEE 1998.
  public static func leNet5(
    classes: Int = 10, side: Int = 28, seed: UInt64 = 1, weights: Initialization = .glorot
  ) throws(GraphError) -> Graph {
    var net = GraphBuilder(
      name: "lenet5", input: [1, side, side], seed: seed,
      initialization: weights == .he ? .glorot : weights)
    var x = net.conv(net.input, outputs: 6, kernel: 5, pad: 2, name: "conv1")
    x = net.averagePool(net.node("Tanh", [x]), kernel: 2, stride: 2)
    x = net.conv(x, outputs: 16, kernel: 5, name: "conv2")
    x = net.averagePool(net.node("Tanh", [x]), kernel: 2, stride: 2)
    x = net.gemm(net.flatten(x), outputs: 120, name: "fc1")
    x = net.gemm(net.node("Tanh", [x]), outputs: 84, name: "fc2")
    return try net.graph(
      output: net.gemm(net.node("Tanh", [x]), outputs: classes, name: "fc3"))
  }
}
