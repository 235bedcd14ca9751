extension Graph {
  /// The same head with its fresh weights fitted to features of this root mean square.
  ///
  /// The last layer begins so small that all classes are equally probable. A hidden layer begins with
  /// outputs of the size 1, and keeps its rate beside weights that are as small as the features are
  /// large.
  func fitted(as fresh: FreshHead, toScale scale: Float) -> Graph {
    var graph = self
    let names = nodes.flatMap(\.inputs).filter { parameters[$0]?.role == .weight }
    for (place, name) in names.enumerated() {
      switch fresh {
      case .lastLayer, .whole(.linear):
        guard place == names.count - 1 else { continue }
        graph.makeSmall(name, besideInputsOf: scale)
      case .whole(.mlp):
        if place == names.count - 1 {
          graph.makeSmall(name, besideInputsOf: 1)
        } else if place == 0 {
          graph.scale(name, by: 1 / scale)
        }
      case .whole(.cosine): graph.scale(name, by: 1 / scale)
      }
    }
    return graph
  }

  private mutating func makeSmall(_ name: String, besideInputsOf size: Float) {
    guard let tensor = parameters[name]?.tensor else { return }
    let deviation = tensor.withUnsafeElements { elements in
      (elements.reduce(0) { $0 + $1 * $1 } / Float(max(elements.count, 1))).squareRoot()
    }
    guard deviation > 0 else { return }
    scale(name, by: 0.001 / (size * deviation))
  }

  private mutating func scale(_ name: String, by factor: Float) {
    guard let tensor = parameters[name]?.tensor else { return }
    parameters[name]?.tensor = tensor.withUnsafeElements { elements in
      Tensor(tensor.shape, elements.map { $0 * factor })
    }
  }
}
