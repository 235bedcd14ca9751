public import GraftGraph
public import GraftTensor

/// A network that gives logits.
public protocol InferenceNetwork: AnyObject {
  /// Input `[n, …]`, n at most the batch size; the first output `[n, K]`, valid until the next call.
  /// As after training: nothing is dropped, statistics are the kept ones.
  func infer(_ input: TensorView) -> TensorView
}

/// A network that learns: what the trainer asks of a session, and no more.
public protocol TrainableNetwork: InferenceNetwork {
  /// The network at one moment, as a value.
  associatedtype Snapshot

  /// K: how many numbers it gives for a sample.
  var outputCount: Int { get }
  /// The first output `[n, K]` for an input `[n, …]`, valid until the next call; what is random in
  /// the network follows from the seed.
  func forward(_ input: TensorView, seed: UInt64) -> TensorView
  /// ∂loss/∂output of the rows of the last forward pass; the loss assigns it.
  var outputGradient: MutableTensorView { get }
  func zeroGradients()
  /// Adds to the gradients.
  func backward()

  /// What the optimizer changes, in an order that is always the same. The windows stay valid.
  var learnedParameters: [LearnedParameter] { get }
  /// What forward passes change, such as running statistics. The windows stay valid.
  var runningBuffers: [RunningBuffer] { get }
  /// To be called after parameters were written.
  func parametersChanged()

  func snapshot() -> Snapshot
}

extension TrainableNetwork {
  /// None.
  public var runningBuffers: [RunningBuffer] { [] }
}

/// Numbers that the network itself changes while it is trained.
public struct RunningBuffer {
  /// The name of the value in the graph.
  public let name: String
  /// The numbers.
  public let value: MutableTensorView

  /// A window that stays valid as long as the network lives.
  public init(name: String, value: MutableTensorView) {
    self.name = name
    self.value = value
  }
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
  /// How far from the output its layer is: 0 for the last one.
  public let layer: Int

  /// Windows that stay valid as long as the network lives.
  public init(
    name: String, role: ParameterRole, value: MutableTensorView, gradient: MutableTensorView,
    layer: Int = 0
  ) {
    self.name = name
    self.role = role
    self.value = value
    self.gradient = gradient
    self.layer = layer
  }
}
