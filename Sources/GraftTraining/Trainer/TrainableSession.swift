public import GraftGraph
public import GraftRuntime
public import GraftTensor

/// A session as the trainer sees it.
public final class TrainableSession: TrainableNetwork {
  private let session: Session
  private let layers: [String: Int]
  /// How many numbers the network gives for a sample.
  public let outputCount: Int

  /// - Parameter batchSize: the largest number of samples that are computed at once.
  /// - Throws: where the graph cannot be run.
  public init(
    _ graph: Graph, batchSize: Int, planOptions: PlanOptions = .init()
  ) throws(TrainingError) {
    do {
      session = try Session(graph, batchSize: batchSize, mode: .training, options: planOptions)
      outputCount = try graph.shapes(batchSize: 1)[graph.outputs[0]]?.elementCount ?? 0
    } catch {
      throw TrainingError(error.message, kind: .badData, hints: error.hints)
    }
    layers = graph.layersFromOutput
  }

  /// Logits of a batch, as after training.
  public func infer(_ input: TensorView) -> TensorView {
    session.forward(input, mode: .inference)
  }
  /// Logits of a batch, for learning from.
  public func forward(_ input: TensorView, seed: UInt64) -> TensorView {
    session.forward(input, seed: seed)
  }

  /// Where the loss puts its gradient.
  public var outputGradient: MutableTensorView { session.outputGradient }
  /// Before each step.
  public func zeroGradients() { session.zeroGradients() }
  /// Adds to the gradients of the parameters.
  public func backward() { session.backward() }
  /// Rearranges what the session keeps of the weights in another form.
  public func parametersChanged() { session.parametersChanged() }
  /// The graph with the present weights.
  public func snapshot() -> Graph { session.graph }

  /// The trainable parameters, sorted by name.
  public var learnedParameters: [LearnedParameter] {
    session.trainableParameters.map {
      LearnedParameter(
        name: $0.name, role: $0.role, value: $0.value, gradient: $0.gradient,
        layer: layers[$0.name] ?? 0)
    }
  }

  /// Running statistics of layers that normalise with those of the batch.
  public var runningBuffers: [RunningBuffer] {
    session.buffers.map { RunningBuffer(name: $0.name, value: $0.value) }
  }
}
