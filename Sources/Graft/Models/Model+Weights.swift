import GraftOperators
import GraftSafetensors

extension Model {
  /// A network of ``Networks`` by name, with the weights of a safetensors file that has torchvision's
  /// names: what `save_file(model.state_dict(), …)` writes.
  ///
  /// The number of classes is the file's. Photos are prepared as torchvision prepares them for its
  /// own weights of that network; of a thousand classes the names are ImageNet's.
  ///
  /// - Throws: ``GraftError`` that names the file, and parameters that are missing, left over or of
  ///   another shape.
  public init(
    network name: String, weights path: FilePath, options: ModelOptions = .init()
  ) throws(GraftError) {
    let entry: Networks.Entry
    do { entry = try Networks.entry(named: name) } catch {
      throw GraftError(error.message, kind: .usage, hints: error.hints)
    }
    let tensors = try lifting {
      () throws(SafetensorsError) in try SafetensorsReader.read(path)
    }
    let place = path.displayName
    let weights = NamedWeights(tensors, for: entry, place: place)
    let graph = try weights.graph(side: options.size ?? entry.side)
    let file = ModelFile(path: path, bytes: fileSize(path), sha256: nil)
    try self.init(
      lifting { () throws(GraphError) in try graph.exported() }, name: entry.name, file: file,
      record: nil,
      options: ModelOptions(
        preprocessing: options.preprocessing, fit: options.fit,
        allowsNonFinite: options.allowsNonFinite))
    if preprocessingOrigin == .convention {
      preprocessingOrigin = .network(name: entry.name)
      if entry.centresPixels {
        (preprocessing.mean, preprocessing.std) = ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5])
        notes.append(
          "photos are normalised with mean 0.5 and deviation 0.5, which torchvision's "
            + "\(entry.name) does by itself with its published weights (transform_input=True); for "
            + "weights trained without that say the preprocessing with --preprocess")
      }
    }
    notes += weights.notes
    if classCount == 1000 { labels = ModelRecord.imageNetLabels }
  }
}

extension SafetensorsError: DeeperError {
  var asGraftError: GraftError {
    let kind: GraftError.Kind =
      switch kind {
      case .badData: .badData
      case .missing: .missing
      case .system: .system
      }
    return GraftError(message, kind: kind, hints: hints)
  }
}

// MARK: - Tensors and parameters

/// The tensors of a file on their way onto a network.
private struct NamedWeights {
  let entry: Networks.Entry
  let place: String
  private(set) var notes: [String] = []
  private var tensors: [String: ONNXTensor] = [:]

  init(_ all: [ONNXTensor], for entry: Networks.Entry, place: String) {
    self.entry = entry
    self.place = place
    var auxiliary: Set<String> = []
    for tensor in all {
      if let prefix = entry.auxiliary.first(where: tensor.name.hasPrefix) {
        auxiliary.insert(String(prefix.dropLast()))
      } else if !Self.isCounter(tensor.name) {
        tensors[tensor.name] = tensor
      }
    }
    if !auxiliary.isEmpty {
      notes.append(
        "left out \(auxiliary.sorted().joined(separator: " and ")), which only help training")
    }
  }

  /// PyTorch counts the batches that its statistics come from; nothing depends on it.
  private static func isCounter(_ name: String) -> Bool { name.hasSuffix("num_batches_tracked") }

  /// The network with these weights.
  func graph(side: Int) throws(GraftError) -> Graph {
    let pattern = try lifting {
      () throws(GraphError) in
      try entry.make(entry.classes, side, 1, .zero)
    }
    try checkNames(pattern)
    var graph = pattern
    if let classes = classes(pattern), classes != entry.classes {
      graph = try lifting { () throws(GraphError) in try entry.make(classes, side, 1, .zero) }
    }
    for name in graph.parameters.keys.sorted() {
      guard let tensor = tensors[name], let shape = graph.parameters[name]?.tensor.shape else {
        continue
      }
      graph.parameters[name]?.tensor = try floats(tensor, shape)
    }
    return graph
  }

  /// How many classes the file's head tells apart: the first extent of its weights.
  private func classes(_ graph: Graph) -> Int? {
    let head = graph.nodes.last { node in
      node.inputs.contains { graph.parameters[$0]?.role == .weight }
    }
    let name = head?.inputs.first { graph.parameters[$0]?.role == .weight }
    let classes = name.flatMap { tensors[$0]?.dimensions.first }
    return classes.flatMap { (1...1_000_000).contains($0) ? $0 : nil }
  }

  private func checkNames(_ graph: Graph) throws(GraftError) {
    let missing = graph.parameters.keys.filter { tensors[$0] == nil }.sorted()
    let extra = tensors.keys.filter { graph.parameters[$0] == nil }.sorted()
    var hints: [String] = []
    if !missing.isEmpty || !extra.isEmpty, let other = otherNetwork() {
      hints = ["These are the weights of \(other): graft convert \(other) FILE -o model.onnx"]
    }
    guard missing.isEmpty else {
      throw GraftError(
        "\(place) lacks \(Self.list(missing, "parameter")) of \(entry.name)"
          + (extra.isEmpty ? "" : ", and has \(Self.list(extra, "tensor")) not of that network"),
        hints: hints)
    }
    guard extra.isEmpty else {
      throw GraftError(
        "\(place) has \(Self.list(extra, "tensor")) not of \(entry.name)", hints: hints)
    }
  }

  /// `2 parameters (a, b)`
  private static func list(_ names: [String], _ thing: String) -> String {
    let shown = names.prefix(3).map { $0.escaped(limit: 40) }.joined(separator: ", ")
    return names.count == 1
      ? "1 \(thing) (\(shown))"
      : "\(names.count) \(thing)s (\(shown)\(names.count > 3 ? ", …" : ""))"
  }

  /// The network whose parameters these are, by names and shapes but for the head's.
  private func otherNetwork() -> String? {
    Networks.all.first { other in
      guard let graph = try? other.make(other.classes, other.side, 1, .zero) else { return false }
      let own = NamedWeights(Array(tensors.values), for: other, place: place)
      guard own.tensors.count == graph.parameters.count else { return false }
      return graph.parameters.allSatisfy { name, parameter in
        guard let found = own.tensors[name]?.dimensions else { return false }
        let wanted = parameter.tensor.shape.dimensions
        return found == wanted
          || wanted.first == other.classes && found.dropFirst() == wanted.dropFirst()
      }
    }?.name
  }

  private func floats(_ tensor: ONNXTensor, _ shape: Shape) throws(GraftError) -> Tensor {
    let label = "\(place): tensor '\(tensor.name.escaped())'"
    guard tensor.dimensions == shape.dimensions else {
      throw GraftError(
        "\(label) has shape \(Shape(tensor.dimensions)); \(entry.name) has \(shape) there")
    }
    let constant: GraftGraph.Constant
    do { constant = try GraftGraph.Constant(tensor) } catch {
      throw GraftError("\(place): \(error.message)")
    }
    guard case .floats(let floats) = constant else {
      throw GraftError("\(label) holds \(tensor.elementType); weights are floats")
    }
    return floats
  }
}
