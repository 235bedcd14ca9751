public import GraftGraph

/// Known architectures, built from nothing with new weights.
///
/// Layers and names of weights are torchvision's, so that a file of either can be compared with one
/// of the other. `side` is that of the square input: where a network flattens its features, its first
/// fully connected layer fits it. Batch normalisation begins with mean 0 and variance 1, the last layer
/// with small weights, so that all classes begin as about equally probable.
public enum Networks {
  /// Builds a network for so many classes, by the name that ``all`` gives it.
  public typealias Maker =
    @Sendable (_ classes: Int, _ side: Int, _ seed: UInt64, _ weights: Initialization)
    throws(GraphError) -> Graph

  /// A network by name.
  public struct Entry: Sendable {
    /// Such as `resnet50`.
    public let name: String
    /// Side of the input in the paper.
    public let side: Int
    /// Classes in the paper.
    public let classes: Int
    /// What the names of weights begin with that torchvision's network has besides, and that only
    /// help training.
    public let auxiliary: [String]
    /// Did torchvision's published weights learn from pixels between -1 and 1? For the others the
    /// mean and deviation of ImageNet's pixels were taken out.
    public let centresPixels: Bool
    /// Builds it.
    public let make: Maker

    init(
      name: String, side: Int, classes: Int, auxiliary: [String] = [], centresPixels: Bool = false,
      make: @escaping Maker
    ) {
      self.name = name
      self.side = side
      self.classes = classes
      self.auxiliary = auxiliary
      self.centresPixels = centresPixels
      self.make = make
    }

    /// Does the name mean this network? torchvision writes `vgg16_bn` and `squeezenet1_1`.
    public func isNamed(_ name: String) -> Bool {
      String(name.lowercased().map { "_.".contains($0) ? "-" : $0 }) == self.name
    }
  }

  /// All networks, smallest first within a family.
  public static let all: [Entry] = [
    Entry(name: "lenet5", side: 28, classes: 10) { (k, s, seed, w) throws(GraphError) in
      try leNet5(classes: k, side: s, seed: seed, weights: w)
    },
    Entry(name: "alexnet", side: 224, classes: 1000) { (k, s, seed, w) throws(GraphError) in
      try alexNet(classes: k, side: s, seed: seed, weights: w)
    },
    Entry(name: "vgg11", side: 224, classes: 1000) { (k, s, seed, w) throws(GraphError) in
      try vgg11(classes: k, side: s, seed: seed, weights: w)
    },
    Entry(name: "vgg11-bn", side: 224, classes: 1000) { (k, s, seed, w) throws(GraphError) in
      try vgg11(classes: k, side: s, batchNorm: true, seed: seed, weights: w)
    },
    Entry(name: "vgg13", side: 224, classes: 1000) { (k, s, seed, w) throws(GraphError) in
      try vgg13(classes: k, side: s, seed: seed, weights: w)
    },
    Entry(name: "vgg13-bn", side: 224, classes: 1000) { (k, s, seed, w) throws(GraphError) in
      try vgg13(classes: k, side: s, batchNorm: true, seed: seed, weights: w)
    },
    Entry(name: "vgg16", side: 224, classes: 1000) { (k, s, seed, w) throws(GraphError) in
      try vgg16(classes: k, side: s, seed: seed, weights: w)
    },
    Entry(name: "vgg16-bn", side: 224, classes: 1000) { (k, s, seed, w) throws(GraphError) in
      try vgg16(classes: k, side: s, batchNorm: true, seed: seed, weights: w)
    },
    Entry(name: "vgg19", side: 224, classes: 1000) { (k, s, seed, w) throws(GraphError) in
      try vgg19(classes: k, side: s, seed: seed, weights: w)
    },
    Entry(name: "vgg19-bn", side: 224, classes: 1000) { (k, s, seed, w) throws(GraphError) in
      try vgg19(classes: k, side: s, batchNorm: true, seed: seed, weights: w)
    },
    Entry(
      name: "googlenet", side: 224, classes: 1000, auxiliary: ["aux1.", "aux2."],
      centresPixels: true
    ) { (k, s, seed, w) throws(GraphError) in
      try googLeNet(classes: k, side: s, seed: seed, weights: w)
    },
    Entry(name: "resnet18", side: 224, classes: 1000) { (k, s, seed, w) throws(GraphError) in
      try resNet18(classes: k, side: s, seed: seed, weights: w)
    },
    Entry(name: "resnet34", side: 224, classes: 1000) { (k, s, seed, w) throws(GraphError) in
      try resNet34(classes: k, side: s, seed: seed, weights: w)
    },
    Entry(name: "resnet50", side: 224, classes: 1000) { (k, s, seed, w) throws(GraphError) in
      try resNet50(classes: k, side: s, seed: seed, weights: w)
    },
    Entry(name: "resnet101", side: 224, classes: 1000) { (k, s, seed, w) throws(GraphError) in
      try resNet101(classes: k, side: s, seed: seed, weights: w)
    },
    Entry(name: "resnet152", side: 224, classes: 1000) { (k, s, seed, w) throws(GraphError) in
      try resNet152(classes: k, side: s, seed: seed, weights: w)
    },
    Entry(name: "resnext50-32x4d", side: 224, classes: 1000) { (k, s, seed, w) throws(GraphError) in
      try resNeXt50(classes: k, side: s, seed: seed, weights: w)
    },
    Entry(name: "wide-resnet50-2", side: 224, classes: 1000) { (k, s, seed, w) throws(GraphError) in
      try wideResNet50(classes: k, side: s, seed: seed, weights: w)
    },
    Entry(name: "resnet20", side: 32, classes: 10) { (k, s, seed, w) throws(GraphError) in
      try resNet20(classes: k, side: s, seed: seed, weights: w)
    },
    Entry(name: "squeezenet1-1", side: 224, classes: 1000) { (k, s, seed, w) throws(GraphError) in
      try squeezeNet11(classes: k, side: s, seed: seed, weights: w)
    },
    Entry(name: "squeezenet1-0", side: 224, classes: 1000) { (k, s, seed, w) throws(GraphError) in
      try squeezeNet10(classes: k, side: s, seed: seed, weights: w)
    },
    Entry(name: "mobilenet-v2", side: 224, classes: 1000) { (k, s, seed, w) throws(GraphError) in
      try mobileNetV2(classes: k, side: s, seed: seed, weights: w)
    },
    Entry(name: "densenet121", side: 224, classes: 1000) { (k, s, seed, w) throws(GraphError) in
      try denseNet121(classes: k, side: s, seed: seed, weights: w)
    },
    Entry(name: "densenet169", side: 224, classes: 1000) { (k, s, seed, w) throws(GraphError) in
      try denseNet169(classes: k, side: s, seed: seed, weights: w)
    },
  ]

  /// What is known of the network of this name.
  ///
  /// - Throws: where there is none; the hint lists the names.
  public static func entry(named name: String) throws(GraphError) -> Entry {
    guard let entry = all.first(where: { $0.isNamed(name) }) else {
      throw GraphError(
        "no network is called '\(name)'",
        hints: ["known: " + all.map(\.name).joined(separator: ", ")])
    }
    return entry
  }

  /// The network of this name, with the side and classes of its paper unless given.
  ///
  /// - Throws: where there is none, or the side is too small; the hint lists the names.
  public static func named(
    _ name: String, classes: Int? = nil, side: Int? = nil, seed: UInt64 = 1,
    weights: Initialization = .he
  ) throws(GraphError) -> Graph {
    let entry = try entry(named: name)
    return try entry.make(classes ?? entry.classes, side ?? entry.side, seed, weights)
  }
}
