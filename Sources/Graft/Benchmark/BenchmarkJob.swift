import GraftKernels

/// What a benchmark calls again and again: one batch through the network, and where something
/// learns also the loss, the gradients and a step of descent with momentum.
final class BenchmarkJob {
  private let images: Arena
  private let imageShape: Shape
  private let frozen: Session?
  private let learning: Learning?

  private final class Learning {
    let session: Session
    let parameters: [TrainableParameter]
    let labels: [Int]
    private let optimizer = SGD(momentum: 0.9)
    private var states: [OptimizerState]

    init(_ session: Session, labels: [Int]) {
      (self.session, self.labels) = (session, labels)
      parameters = session.trainableParameters
      states = parameters.map { [optimizer] in optimizer.makeState(for: $0.value.shape) }
    }

    func step(on values: TensorView) {
      let logits = session.forward(values, seed: 1)
      _ = SoftmaxCrossEntropy().evaluate(
        logits, labels: labels, gradient: session.outputGradient)
      session.zeroGradients()
      session.backward()
      for (index, parameter) in parameters.enumerated() {
        optimizer.update(
          parameter.value, gradient: parameter.gradient.readOnly, role: parameter.role,
          state: &states[index], rate: 1e-4)
      }
      session.parametersChanged()
    }
  }

  init(_ model: consuming Model, _ options: Benchmark.Options) throws(GraftError) {
    let shape = model.graph.inputs[0].imageShape
    let (backbone, rest) = try Self.parts(of: consume model, options)
    imageShape = Shape([options.batchSize] + shape.dimensions)
    images = Arena(count: imageShape.elementCount)
    var generator = SeededGenerator(1)
    for index in 0..<images.count { images.base[index] = generator.normal() }
    func session(_ graph: Graph, _ mode: Mode) throws(GraftError) -> Session {
      try lifting { () throws(GraphError) in
        try Session(graph, batchSize: options.batchSize, mode: mode, options: options.plan)
      }
    }
    frozen = try backbone.map { (graph) throws(GraftError) in try session(graph, .inference) }
    guard let rest else {
      learning = nil
      return
    }
    learning = Learning(
      try session(rest, .training), labels: (0..<options.batchSize).map { $0 % options.classes })
  }

  /// What only runs and what learns.
  private static func parts(
    of model: consuming Model, _ options: Benchmark.Options
  ) throws(GraftError) -> (backbone: Graph?, rest: Graph?) {
    let depth: TrainingDepth
    switch options.work {
    case .inference: return (model.graph, nil)
    case .head: depth = .head
    case .block: depth = .block
    case .all: depth = .all
    }
    var grafted = try model.replacingHead(classes: (1...options.classes).map { "\($0)" })
    grafted.graph = grafted.graph.givingNodesOwnParameters()
    let phases = try FineTuningOptions(depth: depth).phases(for: grafted)
    let graph = grafted.graph
    let cut = phases[phases.count - 1].cut
    let usesBatch = options.batchNormalization == .train
    guard cut != graph.inputs[0].name else {
      return (nil, graph.unfrozen().usingBatchStatistics(usesBatch))
    }
    let parts = try lifting { () throws(GraphError) in try graph.split(at: cut) }
    return (parts.backbone.frozen(), parts.head.unfrozen().usingBatchStatistics(usesBatch))
  }

  var learnedCount: Int { learning?.parameters.reduce(0) { $0 + $1.value.count } ?? 0 }

  /// One batch.
  func call() {
    var values = TensorView(imageShape, images.base, layout: .channelsLast)
    if let frozen { values = frozen.forward(values) }
    learning?.step(on: values)
  }

  // MARK: - Profile

  func startProfile() {
    frozen?.timesSteps = true
    learning?.session.timesSteps = true
  }

  /// Of a call, the mean.
  func profile() -> [ProfiledStep] {
    [frozen, learning?.session].compactMap { $0 }.flatMap { session -> [ProfiledStep] in
      guard let times = session.stepTimes, times.passes > 0 else { return [] }
      return session.plan.steps.enumerated().map { index, step in
        ProfiledStep(
          name: step.node.name, opType: step.node.opType, method: step.method,
          forwardSeconds: times.forward[index] / Double(times.passes),
          backwardSeconds: times.backward[index] / Double(times.passes),
          flop: step.floatingPointOperations,
          backwardFlop: step.floatingPointOperations * session.plan.backwardFactor(of: step),
          bytes: session.plan.bytes(of: step))
      }
    }
  }
}

/// What one step of a network costs in a call, of the whole batch.
public struct ProfiledStep: Codable, Hashable, Sendable {
  /// Of the node.
  public let name: String
  /// Such as `Conv`.
  public let opType: String
  /// The chosen algorithm; nil where there is only one.
  public let method: String?
  /// Mean time of a forward pass.
  public let forwardSeconds: Double
  /// Mean time of a backward pass; 0 where there is none.
  public let backwardSeconds: Double
  /// Floating point operations of the definition, forward; Winograd does fewer.
  public let flop: Int
  /// The same of the backward pass.
  public let backwardFlop: Int
  /// Bytes that a forward pass reads and writes at least: inputs, weights, outputs.
  public let bytes: Int

  /// Both passes.
  public var seconds: Double { forwardSeconds + backwardSeconds }
  /// Operations of both passes a second, in units of 10⁹.
  public var gigaflops: Double {
    seconds > 0 ? Double(flop + backwardFlop) / seconds / 1e9 : 0
  }
}
