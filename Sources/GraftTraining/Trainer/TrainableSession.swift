public import GraftGraph
public import GraftRuntime
public import GraftTensor

/// A session as the trainer sees it.
public final class TrainableSession: TrainableNetwork {
  private let session: Session
  private let batchSize: Int
  private let planOptions: PlanOptions

  /// - Throws: where the graph cannot be run.
  public init(
    _ graph: Graph, batchSize: Int, mode: Mode = .training, planOptions: PlanOptions = .init()
  ) throws(TrainingError) {
    do {
      session = try Session(graph, batchSize: batchSize, mode: mode, options: planOptions)
    } catch {
      throw TrainingError(error.message, kind: .badData, hints: error.hints)
    }
    self.batchSize = batchSize
    self.planOptions = planOptions
  }

  /// Logits of a batch.
  public func forward(_ input: TensorView, seed: UInt64) -> TensorView {
    session.forward(input, seed: seed)
  }

  /// Where the loss puts its gradient.
  public var outputGradient: MutableTensorView { session.outputGradient }
  /// Before each backward pass.
  public func zeroGradients() { session.zeroGradients() }
  /// Fills the gradients of the parameters.
  public func backward() { session.backward() }
  /// Rearranges what the session keeps of the weights in another form.
  public func parametersChanged() { session.parametersChanged() }
  /// The graph with the present weights.
  public func snapshot() -> Graph { session.graph }

  /// The trainable parameters, sorted by name.
  public var learnedParameters: [LearnedParameter] {
    session.trainableParameters.map {
      LearnedParameter(name: $0.name, role: $0.role, value: $0.value, gradient: $0.gradient)
    }
  }

  /// Another session with the present weights.
  public func inferenceNetwork() throws(TrainingError) -> any InferenceNetwork {
    try TrainableSession(
      session.graph, batchSize: batchSize, mode: .inference, planOptions: planOptions)
  }
}
