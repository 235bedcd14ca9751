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
    /// Builds it.
    public let make: Maker
  }

  /// All networks, smallest first within a family.
  public static let all: [Entry] = [
    Entry(name: "lenet5", side: 28, classes: 10) { (k, s, seed, w) throws(GraphError) in
      try leNet5(classes: k, side: s, seed: seed, weights: w)
    },
    Entry(name: "alexnet", side: 224, classes: 1000) { (k, s, seed, w) throws(GraphError) in
      try alexNet(classes: k, side: s, seed: seed, weights: w)
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
    Entry(name: "googlenet", side: 224, classes: 1000) { (k, s, seed, w) throws(GraphError) in
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
    Entry(name: "resnet20", side: 32, classes: 10) { (k, s, seed, w) throws(GraphError) in
      try resNet20(classes: k, side: s, seed: seed, weights: w)
    },
  ]

  /// The network of this name, with the side and classes of its paper unless given.
  ///
  /// - Throws: where there is none, or the side is too small; the hint lists the names.
  public static func named(
    _ name: String, classes: Int? = nil, side: Int? = nil, seed: UInt64 = 1,
    weights: Initialization = .he
  ) throws(GraphError) -> Graph {
    guard let entry = all.first(where: { $0.name == name }) else {
      throw GraphError(
        "no network is called '\(name)'",
        hints: ["known: " + all.map(\.name).joined(separator: ", ")])
    }
    return try entry.make(classes ?? entry.classes, side ?? entry.side, seed, weights)
  }
}
