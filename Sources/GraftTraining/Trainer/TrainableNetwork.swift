public import GraftGraph
public import GraftTensor

/// A network that gives logits.
public protocol InferenceNetwork: AnyObject {
  /// Input `[n, …]`, n at most the batch size; the first output `[n, K]`, valid until the next call.
  func forward(_ input: TensorView, seed: UInt64) -> TensorView
}

/// A network that learns: what the trainer asks of a session, and no more.
public protocol TrainableNetwork: InferenceNetwork {
  /// The weights at one moment, as a value.
  associatedtype Snapshot

  /// ∂loss/∂output of the rows of the last forward pass; the loss assigns it.
  var outputGradient: MutableTensorView { get }
  func zeroGradients()
  func backward()

  /// What training changes, in an order that is always the same. The windows stay valid.
  var learnedParameters: [LearnedParameter] { get }
  /// To be called after an update.
  func parametersChanged()

  func snapshot() -> Snapshot
  /// A network with the present weights that behaves as after training.
  func inferenceNetwork() throws(TrainingError) -> any InferenceNetwork
}

/// A parameter and its gradient, as windows on the network's memory.
public struct LearnedParameter {
  /// The name of the value in the graph.
  public let name: String
  /// Decides whether weight decay applies.
  public let role: ParameterRole
  /// Changed by the optimizer.
  public let value: MutableTensorView
  /// Filled by the backward pass.
  public let gradient: MutableTensorView

  /// Windows that stay valid as long as the network lives.
  public init(
    name: String, role: ParameterRole, value: MutableTensorView, gradient: MutableTensorView
  ) {
    self.name = name
    self.role = role
    self.value = value
    self.gradient = gradient
  }
}
