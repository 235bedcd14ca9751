/// A network of `keras.applications` that tf2onnx wrote, known by the names of its nodes, and how
/// Keras prepares photos for it.
///
/// tf2onnx puts the name of the Keras model before that of each node: `resnet50_1/conv1_relu_1/Relu`.
/// Source: `imagenet_utils.preprocess_input` in Keras, and the mode that each application gives it.
struct KerasApplication: Hashable {
  /// As Keras calls it, such as `resnet50`.
  let name: String
  /// Photos as Keras prepares them; geometry as for torchvision's.
  let preprocessing: Preprocessing

  /// - Parameter network: a file; nil where its nodes are not named as those of an application.
  init?(_ network: ONNXModel) {
    guard network.producerName.hasPrefix("tf2onnx") else { return nil }
    // Nodes that tf2onnx made itself have names of their own.
    let scopes = network.graph.nodes.compactMap { node -> Substring? in
      node.name.contains("/") ? node.name.prefix { $0 != "/" } : nil
    }
    guard let scope = scopes.first(where: { Self.convention($0) != nil }),
      scopes.count(where: { $0 == scope }) > scopes.count / 2,
      let convention = Self.convention(scope)
    else { return nil }
    name = convention.name
    preprocessing = convention.preprocessing
  }

  private static func convention(_ scope: Substring) -> (
    name: String, preprocessing: Preprocessing
  )? {
    // `_1` tells the model from its layers; MobileNets go on with their width and size.
    let scope = scope.lowercased()
    for (names, preprocessing) in conventions {
      let found = names.first { name in
        guard scope.hasPrefix(name) else { return false }
        let rest = scope.dropFirst(name.count)
        return rest.isEmpty || rest.first == "_"
      }
      if let found { return (found, preprocessing) }
    }
    return nil
  }

  private static let conventions: [([String], Preprocessing)] = [
    (["vgg16", "vgg19", "resnet50", "resnet101", "resnet152"], .caffe),
    (
      [
        "inception_resnet_v2", "inception_v3", "mobilenet", "mobilenetv2", "nasnet", "resnet101v2",
        "resnet152v2", "resnet50v2", "xception",
      ], Preprocessing(scale: 1 / 127.5, mean: [1, 1, 1])
    ),
    (["densenet121", "densenet169", "densenet201"], .imageNet),
    // Their files begin with the arithmetic.
    (
      (0...7).map { "efficientnetb\($0)" } + (0...3).map { "efficientnetv2-b\($0)" }
        + [
          "efficientnetv2-s", "efficientnetv2-m", "efficientnetv2-l", "mobilenetv3small",
          "mobilenetv3large",
        ],
      Preprocessing()
    ),
  ]
}
