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

  public func forward(_ input: TensorView, seed: UInt64) -> TensorView {
    session.forward(input, seed: seed)
  }

  public var outputGradient: MutableTensorView { session.outputGradient }
  public func zeroGradients() { session.zeroGradients() }
  public func backward() { session.backward() }
  public func parametersChanged() { session.parametersChanged() }
  public func snapshot() -> Graph { session.graph }

  public var learnedParameters: [LearnedParameter] {
    session.trainableParameters.map {
      LearnedParameter(name: $0.name, role: $0.role, value: $0.value, gradient: $0.gradient)
    }
  }

  public func inferenceNetwork() throws(TrainingError) -> any InferenceNetwork {
    try TrainableSession(
      session.graph, batchSize: batchSize, mode: .inference, planOptions: planOptions)
  }
}
