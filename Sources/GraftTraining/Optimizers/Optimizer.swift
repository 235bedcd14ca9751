public import GraftGraph
public import GraftTensor

/// A rule that moves one parameter against its gradient.
///
/// An optimizer holds its settings and no network; what it remembers of a parameter is a value that
/// the caller keeps and gives back. The learning rate comes with each update, from a ``Schedule``.
public protocol Optimizer: Sendable {
  /// How many tensors of the parameter's shape the rule remembers.
  var slotCount: Int { get }

  /// Changes the parameter in place.
  ///
  /// Weight decay applies to parameters of role ``ParameterRole/weight`` only: biases and scales
  /// are few and have no reason to be small.
  func update(
    _ parameter: MutableTensorView, gradient: TensorView, role: ParameterRole,
    state: inout OptimizerState, rate: Float)

  /// The same rule with this momentum, for schedules that move it. A rule without momentum, or with
  /// one of 0, has none to move and stays as it is.
  func withMomentum(_ momentum: Float) -> Self
}

extension Optimizer {
  /// A rule without momentum.
  public func withMomentum(_ momentum: Float) -> Self { self }

  /// What the rule remembers before the first update.
  public func makeState(for shape: Shape) -> OptimizerState {
    OptimizerState(step: 0, slots: (0..<slotCount).map { _ in Tensor(shape) })
  }
}

/// What an optimizer remembers of one parameter: a value, so that a checkpoint can keep it.
public struct OptimizerState: Sendable, Equatable {
  /// Updates so far.
  public var step: Int
  /// Tensors of the parameter's shape; what they mean is the optimizer's business.
  public var slots: [Tensor]

  /// From a checkpoint, or before the first update.
  public init(step: Int, slots: [Tensor]) {
    self.step = step
    self.slots = slots
  }
}
