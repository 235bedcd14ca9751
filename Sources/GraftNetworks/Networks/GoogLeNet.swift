public import GraftGraph
import GraftTensor

extension Networks {
  /// GoogLeNet, that is Inception v1 with batch normalisation: 6,624,904 parameters for 1000 classes.
  ///
  /// As `torchvision.models.googlenet` without its auxiliary classifiers: batch normalisation behind
  /// every convolution instead of the paper's local response normalisation, and 3×3 convolutions
  /// where the paper has 5×5.
  /// Source: Szegedy et al., "Going deeper with convolutions", CVPR 2015; Ioffe, Szegedy, "Batch
  /// normalization", ICML 2015.
  public static func googLeNet(
    classes: Int = 1000, side: Int = 224, seed: UInt64 = 1, weights: Initialization = .he
  ) throws(GraphError) -> Graph {
    var net = GraphBuilder(
      name: "googlenet", input: [3, side, side], seed: seed, initialization: weights)
    var x = net.normalizedConv(net.input, 64, kernel: 7, stride: 2, pad: 3, name: "conv1")
    x = net.maxPool(x, kernel: 3, stride: 2, roundsUp: true)
    x = net.normalizedConv(x, 64, kernel: 1, name: "conv2")
    x = net.normalizedConv(x, 192, kernel: 3, pad: 1, name: "conv3")
    x = net.maxPool(x, kernel: 3, stride: 2, roundsUp: true)
    x = net.inception(x, 64, (96, 128), (16, 32), 32, name: "inception3a")
    x = net.inception(x, 128, (128, 192), (32, 96), 64, name: "inception3b")
    x = net.maxPool(x, kernel: 3, stride: 2, roundsUp: true)
    x = net.inception(x, 192, (96, 208), (16, 48), 64, name: "inception4a")
    x = net.inception(x, 160, (112, 224), (24, 64), 64, name: "inception4b")
    x = net.inception(x, 128, (128, 256), (24, 64), 64, name: "inception4c")
    x = net.inception(x, 112, (144, 288), (32, 64), 64, name: "inception4d")
    x = net.inception(x, 256, (160, 320), (32, 128), 128, name: "inception4e")
    x = net.maxPool(x, kernel: 2, stride: 2, roundsUp: true)
    x = net.inception(x, 256, (160, 320), (32, 128), 128, name: "inception5a")
    x = net.inception(x, 384, (192, 384), (48, 128), 128, name: "inception5b")
    x = net.dropout(net.globalAverage(x), ratio: 0.2)
    return try net.graph(
      output: net.gemm(x, outputs: classes, initialization: .normal(0.01), name: "fc"))
  }
}

extension GraphBuilder {
  /// Four ways through one stage, side by side: 1×1; 1×1 then 3×3, twice; pooling then 1×1.
  fileprivate mutating func inception(
    _ x: Value, _ single: Int, _ middle: (Int, Int), _ wide: (Int, Int), _ pooled: Int,
    name: String
  ) -> Value {
    let first = normalizedConv(x, single, kernel: 1, name: "\(name).branch1")
    var second = normalizedConv(x, middle.0, kernel: 1, name: "\(name).branch2.0")
    second = normalizedConv(second, middle.1, kernel: 3, pad: 1, name: "\(name).branch2.1")
    var third = normalizedConv(x, wide.0, kernel: 1, name: "\(name).branch3.0")
    third = normalizedConv(third, wide.1, kernel: 3, pad: 1, name: "\(name).branch3.1")
    var fourth = maxPool(x, kernel: 3, stride: 1, pad: 1, roundsUp: true, name: "\(name).pool")
    fourth = normalizedConv(fourth, pooled, kernel: 1, name: "\(name).branch4.1")
    return concat([first, second, third, fourth], name: "\(name).output")
  }

  fileprivate mutating func normalizedConv(
    _ x: Value, _ outputs: Int, kernel: Int, stride: Int = 1, pad: Int = 0, name: String
  ) -> Value {
    let y = conv(
      x, outputs: outputs, kernel: kernel, stride: stride, pad: pad, hasBias: false,
      name: "\(name).conv")
    return relu(batchNorm(y, epsilon: 1e-3, name: "\(name).bn"))
  }
}
