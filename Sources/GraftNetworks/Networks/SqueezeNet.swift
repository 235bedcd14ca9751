public import GraftGraph
import GraftTensor

extension Networks {
  /// SqueezeNet 1.0: 1,248,424 parameters for 1000 classes.
  ///
  /// Source: Iandola, Han, Moskewicz, Ashraf, Dally, Keutzer, "SqueezeNet: AlexNet-level accuracy with
  /// 50x fewer parameters and <0.5MB model size", 2016.
  public static func squeezeNet10(
    classes: Int = 1000, side: Int = 224, seed: UInt64 = 1, weights: Initialization = .he
  ) throws(GraphError) -> Graph {
    var net = GraphBuilder(
      name: "squeezenet1-0", input: [3, side, side], seed: seed, initialization: weights)
    let first = net.conv(net.input, outputs: 96, kernel: 7, stride: 2, name: "features.0")
    return try net.squeezed(
      net.relu(first),
      [
        nil, (16, 64), (16, 64), (32, 128), nil, (32, 128), (48, 192), (48, 192),
        (64, 256), nil, (64, 256),
      ], classes)
  }

  /// SqueezeNet 1.1, which pools earlier and takes less than half the work: 1,235,496 parameters for
  /// 1000 classes.
  ///
  /// Source: the authors' github.com/forresti/SqueezeNet.
  public static func squeezeNet11(
    classes: Int = 1000, side: Int = 224, seed: UInt64 = 1, weights: Initialization = .he
  ) throws(GraphError) -> Graph {
    var net = GraphBuilder(
      name: "squeezenet1-1", input: [3, side, side], seed: seed, initialization: weights)
    let first = net.conv(net.input, outputs: 64, kernel: 3, stride: 2, name: "features.0")
    return try net.squeezed(
      net.relu(first),
      [
        nil, (16, 64), (16, 64), nil, (32, 128), (32, 128), nil, (48, 192),
        (48, 192), (64, 256), (64, 256),
      ], classes)
  }
}

extension GraphBuilder {
  /// Fire modules, with pooling where the list has nil, then the classes as channels.
  fileprivate mutating func squeezed(
    _ x: Value, _ layers: [(squeezed: Int, expanded: Int)?], _ classes: Int
  ) throws(GraphError) -> Graph {
    var x = x
    for (index, layer) in layers.enumerated() {
      if let layer {
        x = fire(x, layer.squeezed, layer.expanded, name: "features.\(index + 2)")
      } else {
        x = maxPool(x, kernel: 3, stride: 2, roundsUp: true)
      }
    }
    x = conv(
      dropout(x), outputs: classes, kernel: 1, initialization: .normal(0.01), name: "classifier.1")
    return try graph(output: globalAverage(relu(x)))
  }

  /// A few channels from 1×1 convolutions, seen by as many 1×1 as 3×3 ones.
  private mutating func fire(
    _ x: Value, _ squeezed: Int, _ expanded: Int, name: String
  ) -> Value {
    let few = relu(conv(x, outputs: squeezed, kernel: 1, name: "\(name).squeeze"))
    let small = relu(conv(few, outputs: expanded, kernel: 1, name: "\(name).expand1x1"))
    let large = relu(conv(few, outputs: expanded, kernel: 3, pad: 1, name: "\(name).expand3x3"))
    return concat([small, large], name: "\(name).output")
  }
}
