public import GraftGraph
import GraftTensor

extension Networks {
  /// ResNet with 18 layers: 11,689,512 parameters for 1000 classes.
  ///
  /// Source: He, Zhang, Ren, Sun, "Deep residual learning for image recognition", CVPR 2016.
  public static func resNet18(
    classes: Int = 1000, side: Int = 224, seed: UInt64 = 1, weights: Initialization = .he
  ) throws(GraphError) -> Graph {
    try resNet("resnet18", [2, 2, 2, 2], isBottleneck: false, classes, side, seed, weights)
  }

  /// ResNet with 34 layers: 21,797,672 parameters for 1000 classes.
  public static func resNet34(
    classes: Int = 1000, side: Int = 224, seed: UInt64 = 1, weights: Initialization = .he
  ) throws(GraphError) -> Graph {
    try resNet("resnet34", [3, 4, 6, 3], isBottleneck: false, classes, side, seed, weights)
  }

  /// ResNet with 50 layers: 25,557,032 parameters for 1000 classes.
  ///
  /// Bottlenecks halve the size in their 3×3 convolution, as torchvision's, not in the 1×1 before it.
  public static func resNet50(
    classes: Int = 1000, side: Int = 224, seed: UInt64 = 1, weights: Initialization = .he
  ) throws(GraphError) -> Graph {
    try resNet("resnet50", [3, 4, 6, 3], isBottleneck: true, classes, side, seed, weights)
  }

  /// ResNet with 101 layers: 44,549,160 parameters for 1000 classes.
  public static func resNet101(
    classes: Int = 1000, side: Int = 224, seed: UInt64 = 1, weights: Initialization = .he
  ) throws(GraphError) -> Graph {
    try resNet("resnet101", [3, 4, 23, 3], isBottleneck: true, classes, side, seed, weights)
  }

  /// ResNet with 152 layers: 60,192,808 parameters for 1000 classes.
  public static func resNet152(
    classes: Int = 1000, side: Int = 224, seed: UInt64 = 1, weights: Initialization = .he
  ) throws(GraphError) -> Graph {
    try resNet("resnet152", [3, 8, 36, 3], isBottleneck: true, classes, side, seed, weights)
  }

  /// ResNeXt with 50 layers, 32 groups of 4 channels: 25,028,904 parameters for 1000 classes.
  ///
  /// Source: Xie, Girshick, Dollár, Tu, He, "Aggregated residual transformations for deep neural
  /// networks", CVPR 2017.
  public static func resNeXt50(
    classes: Int = 1000, side: Int = 224, seed: UInt64 = 1, weights: Initialization = .he
  ) throws(GraphError) -> Graph {
    try resNet(
      "resnext50-32x4d", [3, 4, 6, 3], isBottleneck: true, classes, side, seed, weights,
      groups: 32, groupWidth: 4)
  }

  /// ResNet with 50 layers whose 3×3 convolutions are twice as wide: 68,883,240 parameters for 1000
  /// classes.
  ///
  /// Source: Zagoruyko, Komodakis, "Wide residual networks", BMVC 2016.
  public static func wideResNet50(
    classes: Int = 1000, side: Int = 224, seed: UInt64 = 1, weights: Initialization = .he
  ) throws(GraphError) -> Graph {
    try resNet(
      "wide-resnet50-2", [3, 4, 6, 3], isBottleneck: true, classes, side, seed, weights,
      groupWidth: 128)
  }

  private static func resNet(
    _ name: String, _ blocks: [Int], isBottleneck: Bool, _ classes: Int, _ side: Int,
    _ seed: UInt64, _ weights: Initialization, groups: Int = 1, groupWidth: Int = 64
  ) throws(GraphError) -> Graph {
    var net = GraphBuilder(
      name: name, input: [3, side, side], seed: seed, initialization: weights)
    var x = net.conv(
      net.input, outputs: 64, kernel: 7, stride: 2, pad: 3, hasBias: false, name: "conv1")
    x = net.maxPool(net.relu(net.batchNorm(x, name: "bn1")), kernel: 3, stride: 2, pad: 1)
    for (stage, count) in blocks.enumerated() {
      for block in 0..<count {
        let stride = stage > 0 && block == 0 ? 2 : 1
        let name = "layer\(stage + 1).\(block)"
        x =
          isBottleneck
          ? net.bottleneck(
            x, width: groups * groupWidth << stage, outputs: 256 << stage, stride: stride,
            groups: groups, name: name)
          : net.basicBlock(x, width: 64 << stage, stride: stride, name: name)
      }
    }
    return try net.graph(
      output: net.gemm(
        net.globalAverage(x), outputs: classes, initialization: .normal(0.01), name: "fc"))
  }
}

// MARK: - For small pictures

extension Networks {
  /// ResNet-20 for pictures of 32×32: 269,722 parameters for 10 classes.
  ///
  /// Where a stage begins the shortcut takes every other pixel and adds channels of zeros, which needs
  /// no weights: option A of section 4.2.
  /// Source: He, Zhang, Ren, Sun, "Deep residual learning for image recognition", CVPR 2016.
  public static func resNet20(
    classes: Int = 10, side: Int = 32, seed: UInt64 = 1, weights: Initialization = .he
  ) throws(GraphError) -> Graph {
    try smallResNet(blocksPerStage: 3, classes: classes, side: side, seed: seed, weights: weights)
  }

  /// The network of section 4.2 with `6n + 2` layers, n blocks in each of three stages.
  public static func smallResNet(
    blocksPerStage n: Int, classes: Int = 10, side: Int = 32, seed: UInt64 = 1,
    weights: Initialization = .he
  ) throws(GraphError) -> Graph {
    var net = GraphBuilder(
      name: "resnet\(6 * n + 2)", input: [3, side, side], seed: seed, initialization: weights)
    var x = net.conv(net.input, outputs: 16, kernel: 3, pad: 1, hasBias: false, name: "conv1")
    x = net.relu(net.batchNorm(x, name: "bn1"))
    for stage in 0..<3 {
      for block in 0..<n {
        x = net.basicBlock(
          x, width: 16 << stage, stride: stage > 0 && block == 0 ? 2 : 1,
          addsZeroChannels: true, name: "layer\(stage + 1).\(block)")
      }
    }
    return try net.graph(
      output: net.gemm(
        net.globalAverage(x), outputs: classes, initialization: .normal(0.01), name: "fc"))
  }
}

// MARK: - Blocks

extension GraphBuilder {
  /// Two 3×3 convolutions, and past them the shortcut.
  fileprivate mutating func basicBlock(
    _ x: Value, width: Int, stride: Int, addsZeroChannels: Bool = false, name: String
  ) -> Value {
    var y = normalized(x, width, kernel: 3, stride: stride, index: 1, of: name)
    y = normalized(relu(y), width, kernel: 3, index: 2, of: name)
    let past =
      addsZeroChannels
      ? thinned(x, width, stride, of: name) : shortcut(x, width, stride, of: name)
    return relu(add(y, past), name: "\(name).output")
  }

  /// 1×1, 3×3 in groups, 1×1, and past them the shortcut.
  fileprivate mutating func bottleneck(
    _ x: Value, width: Int, outputs: Int, stride: Int, groups: Int, name: String
  ) -> Value {
    var y = normalized(x, width, kernel: 1, index: 1, of: name)
    y = normalized(
      relu(y), width, kernel: 3, stride: stride, groups: groups, index: 2, of: name)
    y = normalized(relu(y), outputs, kernel: 1, index: 3, of: name)
    return relu(add(y, shortcut(x, outputs, stride, of: name)), name: "\(name).output")
  }

  private mutating func normalized(
    _ x: Value, _ outputs: Int, kernel: Int, stride: Int = 1, groups: Int = 1, index: Int,
    of block: String
  ) -> Value {
    let y = conv(
      x, outputs: outputs, kernel: kernel, stride: stride, pad: kernel / 2, groups: groups,
      hasBias: false, name: "\(block).conv\(index)")
    return batchNorm(y, name: "\(block).bn\(index)")
  }

  /// The input itself, or where the shape changes its projection.
  private mutating func shortcut(
    _ x: Value, _ outputs: Int, _ stride: Int, of block: String
  ) -> Value {
    guard stride != 1 || x.shape.dimensions.dropFirst().first != outputs else { return x }
    let y = conv(
      x, outputs: outputs, kernel: 1, stride: stride, hasBias: false,
      name: "\(block).downsample.0")
    return batchNorm(y, name: "\(block).downsample.1")
  }

  /// The input itself, or where the shape changes every `stride`-th pixel, between channels of zeros.
  private mutating func thinned(
    _ x: Value, _ outputs: Int, _ stride: Int, of block: String
  ) -> Value {
    guard stride != 1, x.shape.rank == 4 else { return x }
    let more = outputs - x.shape[1]
    let y = slice(x, everyPixel: stride, name: "\(block).slice")
    return padChannels(y, before: more / 2, after: more - more / 2, name: "\(block).pad")
  }
}
