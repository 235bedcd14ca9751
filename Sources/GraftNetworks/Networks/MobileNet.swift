public import GraftGraph
import GraftTensor

extension Networks {
  /// MobileNetV2 at width 1: 3,504,872 parameters for 1000 classes.
  ///
  /// Source: Sandler, Howard, Zhu, Zhmoginov, Chen, "MobileNetV2: Inverted residuals and linear
  /// bottlenecks", CVPR 2018, table 2.
  public static func mobileNetV2(
    classes: Int = 1000, side: Int = 224, seed: UInt64 = 1, weights: Initialization = .he
  ) throws(GraphError) -> Graph {
    var net = GraphBuilder(
      name: "mobilenet-v2", input: [3, side, side], seed: seed, initialization: weights)
    var x = net.bounded(net.input, 32, kernel: 3, stride: 2, name: "features.0")
    var index = 1
    for (expansion, outputs, count, stride) in [
      (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
      (6, 320, 1, 1),
    ] {
      for block in 0..<count {
        x = net.invertedResidual(
          x, outputs, expansion: expansion, stride: block == 0 ? stride : 1,
          name: "features.\(index)")
        index += 1
      }
    }
    x = net.bounded(x, 1280, kernel: 1, name: "features.\(index)")
    x = net.dropout(net.globalAverage(x), ratio: 0.2)
    return try net.graph(
      output: net.gemm(x, outputs: classes, initialization: .normal(0.01), name: "classifier.1"))
  }
}

extension GraphBuilder {
  /// Wider by a 1×1 convolution, each channel by itself through a 3×3 one, narrow again by a 1×1
  /// without activation; where the shape stays, the input is added.
  fileprivate mutating func invertedResidual(
    _ x: Value, _ outputs: Int, expansion: Int, stride: Int, name: String
  ) -> Value {
    let channels = x.shape.rank == 4 ? x.shape[1] : 1
    let wide = expansion * channels
    var y = x
    var index = 0
    if expansion > 1 {
      y = bounded(y, wide, kernel: 1, name: "\(name).conv.0")
      index = 1
    }
    y = bounded(y, wide, kernel: 3, stride: stride, groups: wide, name: "\(name).conv.\(index)")
    y = conv(y, outputs: outputs, kernel: 1, hasBias: false, name: "\(name).conv.\(index + 1)")
    y = batchNorm(y, name: "\(name).conv.\(index + 2)")
    guard stride == 1, channels == outputs else { return y }
    return add(x, y, name: "\(name).output")
  }

  /// Convolution, batch normalisation and `min(max(X, 0), 6)`.
  fileprivate mutating func bounded(
    _ x: Value, _ outputs: Int, kernel: Int, stride: Int = 1, groups: Int = 1, name: String
  ) -> Value {
    let y = conv(
      x, outputs: outputs, kernel: kernel, stride: stride, pad: kernel / 2, groups: groups,
      hasBias: false, name: "\(name).0")
    return node(
      "Clip", [batchNorm(y, name: "\(name).1")],
      constants: [.floats(Tensor([], [0])), .floats(Tensor([], [6]))], name: "\(name).2")
  }
}
