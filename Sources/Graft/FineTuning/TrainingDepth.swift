/// How far down the network training reaches.
public enum TrainingDepth: Hashable, Sendable {
  /// The head, then the last block where that takes minutes, not hours.
  case auto
  /// The new head alone, on features of the frozen backbone.
  case head
  /// The head, then everything from the last stage of convolutions on: those that see the picture
  /// at the lowest resolution.
  case block
  /// The head, then the whole network.
  case all
  /// The head, then so many layers, counted from the output, the head among them.
  case layers(Int)
  /// The head, then everything from this node on.
  case from(String)

  /// Reads `auto`, `head`, `block`, `all`, a number of layers, or the name of a node.
  public init(_ text: String) {
    switch text {
    case "auto": self = .auto
    case "head": self = .head
    case "block": self = .block
    case "all": self = .all
    default: self = Int(text).map { .layers($0) } ?? .from(text)
    }
  }
}

extension TrainingDepth: CustomStringConvertible {
  /// As it is written.
  public var description: String {
    switch self {
    case .auto: "auto"
    case .head: "head"
    case .block: "block"
    case .all: "all"
    case .layers(let count): "\(count)"
    case .from(let name): name
    }
  }
}

// MARK: - In a network

extension TrainingDepth {
  /// The index of the first layer that learns.
  ///
  /// - Throws: where the network has no such layer.
  func firstLayer(of layers: [Layer], in graph: Graph) throws(GraftError) -> Int {
    let head = layers.count - 1
    switch self {
    case .auto, .head: return head
    case .all: return 0
    case .layers(let count):
      guard (1...layers.count).contains(count) else {
        throw GraftError(
          "--depth \(count): the network has \(layers.count) layers; expected 1 to \(layers.count)",
          kind: .usage)
      }
      return layers.count - count
    case .block: return Self.lastStage(of: layers)
    case .from(let name):
      guard let node = Self.node(named: name, in: graph),
        let layer = layers.lastIndex(where: { $0.nodes.lowerBound <= node })
      else {
        throw GraftError(
          "--depth \(DisplayName.escaped(name)): the network has no node of this name",
          kind: .usage,
          hints: [
            "Expected auto, head, block, all, a number of layers, or a node that 'graft inspect' "
              + "lists."
          ])
      }
      return layer
    }
  }

  /// The first layer of the last stage: convolutions that compute as many pixels as the last one of
  /// more than one pixel. The head, where there is none before it.
  private static func lastStage(of layers: [Layer]) -> Int {
    let head = layers.count - 1
    guard let last = layers[..<head].lastIndex(where: { ($0.pixels ?? 0) > 1 }) else { return head }
    var first = last
    while first > 0, layers[first - 1].pixels == layers[last].pixels { first -= 1 }
    return first
  }

  /// The node of that name, or the first whose name has it as a part of its path: `layer4` finds
  /// `/layer4/layer4.0/conv1/Conv`.
  private static func node(named name: String, in graph: Graph) -> Int? {
    graph.nodes.firstIndex { $0.name == name }
      ?? graph.nodes.firstIndex { node in
        node.name.split(separator: "/").contains { $0 == name }
      }
  }
}

// MARK: - Phases

/// One phase of a run: from which layer on the network learns, and under which settings.
struct TrainingPhase {
  /// `head`, `block`, `all`, or how it was said.
  var name: String
  /// The value at which the network is cut; what comes before it is frozen.
  var cut: String
  /// How many layers learn.
  var layerCount: Int
  var settings: TrainingOptions
}

extension FineTuningOptions {
  /// The head first: a new one's gradients would only disturb the layers before it. Then what the
  /// depth says, at once or layer by layer.
  func phases(for model: Model) throws(GraftError) -> [TrainingPhase] {
    let graph = model.graph
    let (layers, features) = try lifting { () throws(GraphError) in
      (try model.layersWithHead(), try model.headFeatures())
    }
    var phases: [TrainingPhase] = []
    let wanted: TrainingDepth = depth == .auto ? .block : depth
    let target = try wanted.firstLayer(of: layers, in: graph)
    phases.append(
      TrainingPhase(name: "head", cut: features, layerCount: 1, settings: training))
    guard target < layers.count - 1 else { return phases }
    for first in unfreezingSteps(from: layers.count - 2, to: target) {
      let isLast = first == target
      var settings = deepTraining
      if !isLast { settings.epochs = unfreezeEvery ?? 1 }
      phases.append(
        TrainingPhase(
          name: isLast ? wanted.phaseName : "\(layers.count - first) layers",
          cut: first == 0 ? graph.inputs[0].name : layers[first].input,
          layerCount: layers.count - first, settings: settings))
    }
    return phases
  }

  /// The first learning layers of the phases behind the head.
  private func unfreezingSteps(from first: Int, to target: Int) -> [Int] {
    guard unfreezeEvery != nil else { return [target] }
    return Array(stride(from: first, through: target, by: -1))
  }
}

extension TrainingDepth {
  fileprivate var phaseName: String {
    switch self {
    case .layers(let count): count == 1 ? "head" : "\(count) layers"
    case .from(let name): "from \(name)"
    default: description
    }
  }
}
