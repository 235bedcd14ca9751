public import GraftGraph
import GraftTensor

extension Networks {
  /// DenseNet with 121 layers: 7,978,856 parameters for 1000 classes.
  ///
  /// Source: Huang, Liu, van der Maaten, Weinberger, "Densely connected convolutional networks",
  /// CVPR 2017, table 1.
  public static func denseNet121(
    classes: Int = 1000, side: Int = 224, seed: UInt64 = 1, weights: Initialization = .he
  ) throws(GraphError) -> Graph {
    try denseNet("densenet121", [6, 12, 24, 16], classes, side, seed, weights)
  }

  /// DenseNet with 169 layers: 14,149,480 parameters for 1000 classes.
  public static func denseNet169(
    classes: Int = 1000, side: Int = 224, seed: UInt64 = 1, weights: Initialization = .he
  ) throws(GraphError) -> Graph {
    try denseNet("densenet169", [6, 12, 32, 32], classes, side, seed, weights)
  }

  /// Blocks in which every layer sees the outputs of all before it, 32 channels each.
  private static func denseNet(
    _ name: String, _ blocks: [Int], _ classes: Int, _ side: Int, _ seed: UInt64,
    _ weights: Initialization
  ) throws(GraphError) -> Graph {
    var net = GraphBuilder(
      name: name, input: [3, side, side], seed: seed, initialization: weights)
    var x = net.conv(
      net.input, outputs: 64, kernel: 7, stride: 2, pad: 3, hasBias: false, name: "features.conv0")
    x = net.maxPool(
      net.relu(net.batchNorm(x, name: "features.norm0")), kernel: 3, stride: 2, pad: 1)
    for (block, count) in blocks.enumerated() {
      for layer in 0..<count {
        let name = "features.denseblock\(block + 1).denselayer\(layer + 1)"
        x = net.concat([x, net.denseLayer(x, name: name)], name: "\(name).output")
      }
      guard block + 1 < blocks.count else { break }
      x = net.transition(x, name: "features.transition\(block + 1)")
    }
    x = net.globalAverage(net.relu(net.batchNorm(x, name: "features.norm5")))
    return try net.graph(
      output: net.gemm(x, outputs: classes, initialization: .normal(0.01), name: "classifier"))
  }
}

extension GraphBuilder {
  /// Normalisation and activation stand before the convolutions: 1×1 to 128 channels, 3×3 to 32.
  fileprivate mutating func denseLayer(_ x: Value, name: String) -> Value {
    var y = relu(batchNorm(x, name: "\(name).norm1"))
    y = conv(y, outputs: 128, kernel: 1, hasBias: false, name: "\(name).conv1")
    y = relu(batchNorm(y, name: "\(name).norm2"))
    return conv(y, outputs: 32, kernel: 3, pad: 1, hasBias: false, name: "\(name).conv2")
  }

  /// Half the channels at half the size.
  fileprivate mutating func transition(_ x: Value, name: String) -> Value {
    let channels = x.shape.rank == 4 ? x.shape[1] : 2
    let y = conv(
      relu(batchNorm(x, name: "\(name).norm")), outputs: channels / 2, kernel: 1, hasBias: false,
      name: "\(name).conv")
    return averagePool(y, kernel: 2, stride: 2)
  }
}
