public import GraftGraph
import GraftTensor

extension Networks {
  /// VGG with 11 layers, configuration A: 132,863,336 parameters for 1000 classes.
  ///
  /// Source: Simonyan, Zisserman, "Very deep convolutional networks for large-scale image
  /// recognition", ICLR 2015.
  public static func vgg11(
    classes: Int = 1000, side: Int = 224, batchNorm: Bool = false, seed: UInt64 = 1,
    weights: Initialization = .he
  ) throws(GraphError) -> Graph {
    try vgg("vgg11", [1, 1, 2, 2, 2], classes, side, batchNorm, seed, weights)
  }

  /// VGG with 13 layers, configuration B: 133,047,848 parameters for 1000 classes.
  ///
  /// The same source.
  public static func vgg13(
    classes: Int = 1000, side: Int = 224, batchNorm: Bool = false, seed: UInt64 = 1,
    weights: Initialization = .he
  ) throws(GraphError) -> Graph {
    try vgg("vgg13", [2, 2, 2, 2, 2], classes, side, batchNorm, seed, weights)
  }

  /// VGG with 16 layers, configuration D: 138,357,544 parameters for 1000 classes.
  ///
  /// The same source.
  public static func vgg16(
    classes: Int = 1000, side: Int = 224, batchNorm: Bool = false, seed: UInt64 = 1,
    weights: Initialization = .he
  ) throws(GraphError) -> Graph {
    try vgg("vgg16", [2, 2, 3, 3, 3], classes, side, batchNorm, seed, weights)
  }

  /// VGG with 19 layers, configuration E: 143,667,240 parameters for 1000 classes.
  ///
  /// The same source.
  public static func vgg19(
    classes: Int = 1000, side: Int = 224, batchNorm: Bool = false, seed: UInt64 = 1,
    weights: Initialization = .he
  ) throws(GraphError) -> Graph {
    try vgg("vgg19", [2, 2, 4, 4, 4], classes, side, batchNorm, seed, weights)
  }

  /// Blocks of so many 3×3 convolutions, each block at half the size of the one before.
  private static func vgg(
    _ name: String, _ blocks: [Int], _ classes: Int, _ side: Int, _ batchNorm: Bool,
    _ seed: UInt64, _ weights: Initialization
  ) throws(GraphError) -> Graph {
    var net = GraphBuilder(
      name: batchNorm ? "\(name)-bn" : name, input: [3, side, side], seed: seed,
      initialization: weights)
    var x = net.input
    var index = 0  // that of torchvision's list of layers
    for (block, count) in blocks.enumerated() {
      for _ in 0..<count {
        let outputs = min(64 << block, 512)
        x = net.conv(x, outputs: outputs, kernel: 3, pad: 1, name: "features.\(index)")
        if batchNorm { x = net.batchNorm(x, name: "features.\(index + 1)") }
        x = net.relu(x)
        index += batchNorm ? 3 : 2
      }
      x = net.maxPool(x, kernel: 2, stride: 2)
      index += 1
    }
    x = net.dropout(net.relu(net.gemm(net.flatten(x), outputs: 4096, name: "classifier.0")))
    x = net.dropout(net.relu(net.gemm(x, outputs: 4096, name: "classifier.3")))
    return try net.graph(
      output: net.gemm(x, outputs: classes, initialization: .normal(0.01), name: "classifier.6"))
  }
}
